import type { ServerResponse } from 'node:http';
import type { Call } from '#proxy/call.ts';
import { failedStatuses, type RequestStatus } from '#shared/account/request.ts';
import type { CaptureSettings } from '#shared/contract/captures.ts';
import type { CapturedBody, CapturedCall } from '../store/requests/captures.ts';
import type { RequestStore } from '../store/store.ts';

/** Of each body; what is beyond it is counted only. */
export const mostOfBody = 512 * 1024;
/** Of all bodies that are held until they are stored. */
const mostHeld = 64 * 1024 * 1024;

type Recorder = Pick<RequestStore, 'begin' | 'finish' | 'refused'>;

export interface BodyWatchDeps {
  captured(): CaptureSettings['of'];
  /** Resolves when the bodies are stored or given up. */
  keep(call: CapturedCall): Promise<void>;
}

interface Watched {
  call: Call;
  /** What is kept of the response, from its beginning without a gap. */
  response: Buffer[];
  keptBytes: number;
  responseBytes: number;
  /** Bytes of both bodies here. */
  heldBytes: number;
  status: RequestStatus | null;
  isClosed: boolean;
}

/**
 * Collects what clients send and get, up to a bound, while it passes by unchanged. It is stored after the end of the
 * response, by another thread. While nothing is to be captured, a call costs one comparison.
 */
export class BodyWatch {
  readonly #deps: BodyWatchDeps;
  readonly #watched = new Map<string, Watched>();
  #held = 0;

  constructor(deps: BodyWatchDeps) {
    this.#deps = deps;
  }

  /** Collects the bodies of a call from now on, if the settings say so. */
  watch(call: Call, response: ServerResponse): void {
    if (this.#deps.captured() === 'off') return;
    const size = Math.min(call.body.length, mostOfBody);
    if (this.#held + size > mostHeld) return;
    const unseen = { response: [], keptBytes: 0, responseBytes: 0, heldBytes: 0 };
    const own: Watched = { call, ...unseen, status: null, isClosed: false };
    this.#hold(own, size);
    this.#watched.set(call.requestId, own);
    tap(response, (chunk, encoding) => this.#take(own, chunk, encoding));
    response.once('close', () => {
      own.isClosed = true;
      this.#storeIfEnded(own);
    });
  }

  /** This call gets no row, if it has none yet: its bodies belong to nothing. */
  forget(id: string): void {
    const own = this.#watched.get(id);
    if (own?.status === null) this.#end(own);
  }

  /** The same recorder, which also says how watched calls end. */
  recording<R extends Recorder>(requests: R): R {
    return {
      ...requests,
      finish: (request) => {
        requests.finish(request);
        this.#noteEnd(request.id, request.status);
      },
      refused: (request) => {
        requests.refused(request);
        this.#noteEnd(request.id, 'refused');
      },
    };
  }

  #hold(own: Watched, bytes: number): void {
    own.heldBytes += bytes;
    this.#held += bytes;
  }

  #take(own: Watched, chunk: unknown, encoding: unknown): void {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, bufferEncoding(encoding)) : chunk;
    // What follows a gap would be shown as if it followed at once.
    const isWhole = own.keptBytes === own.responseBytes;
    const room = Math.min(mostOfBody - own.keptBytes, mostHeld - this.#held);
    own.responseBytes += bytes.length;
    if (!isWhole || room <= 0) return;
    const part = Buffer.from(bytes.subarray(0, room));
    own.response.push(part);
    own.keptBytes += part.length;
    this.#hold(own, part.length);
  }

  #noteEnd(id: string, status: RequestStatus): void {
    const own = this.#watched.size === 0 ? undefined : this.#watched.get(id);
    if (!own) return;
    own.status = status;
    this.#storeIfEnded(own);
  }

  /** A call ends twice, in either order: its row, which says how, and its response. */
  #storeIfEnded(own: Watched): void {
    const { call, response, responseBytes, status, isClosed } = own;
    if (!isClosed || status === null) return;
    const of = this.#deps.captured();
    if (of === 'off' || (of === 'errors' && !failures.has(status))) return this.#end(own);
    const { requestId: id, receivedAtMs: createdAtMs } = call;
    const kept = { id, createdAtMs, request: startOf(call.body), response: bodyOf(response, responseBytes) };
    void this.#deps.keep(kept).finally(() => this.#end(own));
  }

  #end({ call, heldBytes }: Watched): void {
    if (this.#watched.delete(call.requestId)) this.#held -= heldBytes;
  }
}

const failures: ReadonlySet<RequestStatus> = new Set(failedStatuses);

/** Shows everything that is written, before it is. */
function tap(response: ServerResponse, see: (chunk: unknown, encoding: unknown) => void): void {
  const { write, end } = response;
  response.write = ((...parameters: unknown[]) => {
    see(parameters[0], parameters[1]);
    return Reflect.apply(write, response, parameters) as boolean;
  }) as typeof write;
  response.end = ((...parameters: unknown[]) => {
    see(parameters[0], parameters[1]);
    return Reflect.apply(end, response, parameters) as ServerResponse;
  }) as typeof end;
}

function bufferEncoding(encoding: unknown): BufferEncoding {
  return typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8';
}

/** A copy of its own: sending a part of a larger buffer to a thread would send all of it. */
function startOf(body: Buffer): CapturedBody {
  return { content: new Uint8Array(body.subarray(0, mostOfBody)), bytes: body.length };
}

function bodyOf(parts: readonly Buffer[], bytes: number): CapturedBody {
  return { content: new Uint8Array(Buffer.concat(parts)), bytes };
}
