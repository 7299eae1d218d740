import { corvusProofText, pageProofText } from '#shared/contract/page-proof.ts';

interface ProveOptions {
  origin: string;
  /** Host and port of the page. */
  host: string;
  token: string;
  fetch: typeof fetch;
}

export interface SessionProof {
  /**
   * The header of a page that has proven itself to the Corvus that listens now, and it to the page; null: the login is
   * over.
   */
  headers(signal?: AbortSignal): Promise<Record<string, string> | null>;
  /** Another program may listen now: nothing is sent before the next proof. */
  forget(): void;
}

const tokenHeader = 'x-corvusllm-token';
const hmac = { name: 'HMAC', hash: 'SHA-256' };

/** One proof for all requests, until it is forgotten. @param onOver called when the login is over */
export function createSessionProof(options: ProveOptions, onOver: () => void): SessionProof {
  let proving: Promise<string | null> | null = null;
  return {
    async headers(signal) {
      const current = (proving ??= proveSession(options, signal ?? null));
      try {
        const answer = await current;
        if (answer !== null) return { [tokenHeader]: answer };
        onOver();
        return null;
      } catch (error) {
        if (proving === current) proving = null;
        throw error;
      }
    },
    forget: () => void (proving = null),
  };
}

/**
 * What a page sends with its requests, for as long as this run of Corvus lasts. null: the login is over. Rejects when
 * the program that listens at the port is not the Corvus of this login: nothing else may be sent to it.
 */
async function proveSession(
  { origin, host, token, fetch }: ProveOptions,
  signal: AbortSignal | null,
): Promise<string | null> {
  const nonce = toHex(crypto.getRandomValues(new Uint8Array(32)));
  const response = await fetch(`${origin}/api/challenge?nonce=${nonce}`, { cache: 'no-store', signal });
  if (response.status === 401) return null;
  const { challenge, proof } = readChallenge(await response.json());
  const key = await crypto.subtle.importKey('raw', await crypto.subtle.digest('SHA-256', toBytes(token)), hmac, false, [
    'sign',
    'verify',
  ]);
  const isCorvus = await crypto.subtle.verify(
    hmac,
    key,
    fromHex(proof),
    toBytes(corvusProofText(nonce, { challenge, host })),
  );
  if (!isCorvus) throw new Error('Another program listens at the port of Corvus.');
  return toHex(new Uint8Array(await crypto.subtle.sign(hmac, key, toBytes(pageProofText({ challenge, host })))));
}

function readChallenge(reply: unknown): { challenge: string; proof: string } {
  if (typeof reply === 'object' && reply !== null && 'challenge' in reply && 'proof' in reply) {
    const { challenge, proof } = reply;
    if (typeof challenge === 'string' && typeof proof === 'string') return { challenge, proof };
  }
  throw new Error('The answer is not one of Corvus.');
}

function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function fromHex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/[\da-f]{2}/g) ?? [], (pair) => Number.parseInt(pair, 16));
}
