import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { Logger } from '#shared/ports.ts';
import { parseJson } from '#shared/dialects/json-value.ts';
import { type ModelState, modelStateSchema } from '#shared/translate/model-state.ts';
import type { SecretStore } from '../ports.ts';
import type { Store } from '../store/store.ts';

/** Turn states on disk, so that a conversation continues after a restart. An error here never fails a request. */
export interface TurnArchive {
  /** The states that are known under these names. */
  find(names: readonly string[]): Promise<ReadonlyMap<string, ModelState>>;
  keep(name: string, state: ModelState): void;
  forget(names: readonly string[]): void;
}

export interface TurnArchiveDeps {
  secrets: Pick<SecretStore, 'read' | 'write'>;
  states: Store['turnStates'];
  logger: Logger;
  nowMs(): number;
  /** The person's setting. */
  isOn(): boolean;
}

const keyName = 'turn-memory.key';
const cipher = 'aes-256-gcm';
const [keyBytes, nonceBytes, tagBytes] = [32, 12, 16];
/** Of all states together, encrypted. */
const mostCharacters = 64 * 1024 * 1024;
const longestState = 4 * 1024 * 1024;
/** A conversation may have more turns; the last ones are those that its model still asks about. */
const mostNames = 1_000;

/**
 * What a model thought is as private as the conversation: it is encrypted with a key of the secret store, and its names
 * are hashed with it.
 */
export function createTurnArchive({ secrets, states, logger, nowMs, isOn }: TurnArchiveDeps): TurnArchive {
  let sealing: Promise<Seal | null> | null = null;

  async function openSeal(): Promise<Seal | null> {
    try {
      const stored = Buffer.from((await secrets.read(keyName)) ?? '', 'base64');
      if (stored.length === keyBytes) return createSeal(stored);
      const fresh = randomBytes(keyBytes);
      await secrets.write(keyName, fresh.toString('base64'));
      return createSeal(fresh);
    } catch (error) {
      logger.warn('turn-states.no-key', { message: String(error) });
      return null;
    }
  }

  async function withSeal<Result>(otherwise: Result, work: (seal: Seal) => Promise<Result>): Promise<Result> {
    if (!isOn()) return otherwise;
    const seal = await (sealing ??= openSeal());
    if (!seal) return otherwise;
    try {
      return await work(seal);
    } catch (error) {
      logger.warn('turn-states.failed', { message: String(error) });
      return otherwise;
    }
  }

  return {
    find: (names) =>
      withSeal<ReadonlyMap<string, ModelState>>(new Map(), async (seal) => {
        const byId = new Map(names.slice(-mostNames).map((name) => [seal.idOf(name), name]));
        const found = byId.size === 0 ? [] : await states.find([...byId.keys()]);
        return new Map(
          found.flatMap(({ id, sealed }): [string, ModelState][] => {
            const name = byId.get(id);
            const state = modelStateSchema.safeParse(parseJson(seal.open(id, sealed) ?? ''));
            return name !== undefined && state.success ? [[name, state.data]] : [];
          }),
        );
      }),
    keep(name, state) {
      const text = JSON.stringify(state);
      if (text.length > longestState) return;
      void withSeal(undefined, async (seal) => {
        const id = seal.idOf(name);
        await states.keep({ id, sealed: seal.close(id, text) }, nowMs(), mostCharacters);
      });
    },
    forget(names) {
      void withSeal(undefined, async (seal) => states.forget(names.map(seal.idOf)));
    },
  };
}

interface Seal {
  idOf(name: string): string;
  close(id: string, text: string): string;
  /** null: it was altered, or sealed with another key. */
  open(id: string, sealed: string): string | null;
}

/** The id is authenticated with the text, so that states cannot be swapped. */
function createSeal(key: Buffer): Seal {
  const nameKey = createHmac('sha256', key).update('names of turns').digest();
  return {
    idOf: (name) => createHmac('sha256', nameKey).update(name).digest('base64url'),
    close(id, text) {
      const nonce = randomBytes(nonceBytes);
      const sealing = createCipheriv(cipher, key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(id));
      const sealed = [nonce, sealing.update(text, 'utf8'), sealing.final()];
      return Buffer.concat([...sealed, sealing.getAuthTag()]).toString('base64');
    },
    open(id, sealed) {
      const bytes = Buffer.from(sealed, 'base64');
      try {
        const opening = createDecipheriv(cipher, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
        opening.setAAD(Buffer.from(id)).setAuthTag(bytes.subarray(-tagBytes));
        return Buffer.concat([opening.update(bytes.subarray(nonceBytes, -tagBytes)), opening.final()]).toString('utf8');
      } catch {
        return null;
      }
    },
  };
}
