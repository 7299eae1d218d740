import { createListener, type ListenerDeps } from '#proxy/listen/create-listener.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';

const host = '127.0.0.1';
const drainMs = 5_000;

/** A second address, at the port where Ollama's clients look for Ollama. */
export interface OllamaPort {
  /**
   * Listens on this port, or on none (null). Changes run one after the other. Throws `port_taken`, in which case the
   * previous address stays closed.
   */
  listen(port: number | null): Promise<void>;
  /** The same when the program starts. A failure is reported by `state`; the gateway's own address works either way. */
  start(port: number | null): Promise<void>;
  /** Where it listens, or why it does not; null: switched off. */
  state(): { url: string | null; problem: string | null } | null;
  close(): Promise<void>;
}

interface OllamaPortDeps extends ListenerDeps {
  /** Throws for a port that must not be used. */
  refuse(port: number): void;
  changed(port: number | null): void;
}

export function createOllamaPort(parts: OllamaPortDeps): OllamaPort {
  let open: { port: number; close(): Promise<void> } | null = null;
  let problem: string | null = null;
  let last: Promise<void> = Promise.resolve();

  async function change(port: number | null): Promise<void> {
    if (port === (open?.port ?? null)) return;
    if (port !== null) parts.refuse(port);
    await open?.close();
    open = null;
    parts.changed(null);
    if (port === null) return;
    const listener = createListener(parts);
    await listener.listen({ host, port }).catch((error: unknown) => {
      throw ofOllama(port, toCorvusError(error));
    });
    open = { port, close: () => listener.close(drainMs) };
    parts.changed(port);
  }

  function listen(port: number | null): Promise<void> {
    const changed = last.then(() => change(port));
    last = changed.catch(() => undefined);
    return changed.then(() => void (problem = null));
  }

  return {
    listen,
    start: (port) =>
      listen(port).catch((error: unknown) => {
        problem = toCorvusError(error).message;
      }),
    state() {
      if (open) return { url: `http://${host}:${open.port}`, problem: null };
      return problem === null ? null : { url: null, problem };
    },
    close: () => listen(null),
  };
}

/** The program on that port is usually Ollama itself. */
function ofOllama(port: number, error: CorvusError): CorvusError {
  if (error.code !== 'port_taken') return error;
  const sentence = `${error.message} If that is Ollama, add it as a provider instead: its models are then reached at Corvus's own address.`;
  return new CorvusError('port_taken', sentence, { ...error.details, param: 'ollamaPort' }, { port, cause: error });
}
