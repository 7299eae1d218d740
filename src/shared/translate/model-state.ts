import { z } from 'zod';
import type { JsonObject } from '../dialects/json-value.ts';

const object = z.record(z.string(), z.unknown());

/**
 * State beside an answer that only its own model can use, in its own dialect: its reasoning with a signature, or
 * sealed. Models that call tools need it back with the result of the call; the client's dialect has no place for it.
 */
export const modelStateSchema = z.discriminatedUnion('dialect', [
  z.object({
    dialect: z.literal('openai-chat'),
    /** Members of the assistant message. */
    message: object,
    /** Members of its calls, in their order. */
    calls: z.array(object),
  }),
  z.object({ dialect: z.literal('anthropic-messages'), blocks: z.array(object) }),
  z.object({ dialect: z.literal('openai-responses'), items: z.array(object) }),
  /** One for each call, in their order. */
  z.object({ dialect: z.literal('gemini'), signatures: z.array(z.string().nullable()) }),
]);
export type ModelState = z.infer<typeof modelStateSchema>;

/** The state of an answer, under the key that finds the turn in a later request. */
export interface TurnState {
  key: string;
  state: ModelState;
}

/** Keeps what models left beside their answers, for the next turn of the same conversation with the same model. */
export interface TurnStates {
  find(keys: readonly string[]): Promise<ReadonlyMap<string, ModelState>>;
  keep(turn: TurnState): void;
  /** For states that their model no longer accepts. */
  forget(keys: Iterable<string>): void;
}

export function hasMembers(value: JsonObject): boolean {
  return Object.keys(value).length > 0;
}
