import { z } from 'zod';
import { parseExactJson, type JsonObject } from '../dialects/json-value.ts';
import type { AnswerEvent } from './answer.ts';
import type { CallPart, Conversation, Turn } from './conversation.ts';

const object = z.record(z.string(), z.unknown());

/**
 * What a model left beside an answer that only it can use, in the words of its own dialect: its reasoning with the signature over it, or
 * sealed. Models that call tools want it back with the result of the call; the client's dialect has no place for it.
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
]);
export type ModelState = z.infer<typeof modelStateSchema>;

/** The state of an answer, under the key by which the turn is found again in a later request. */
export interface TurnState {
  key: string;
  state: ModelState;
}

/**
 * By what a client sends back of a call, an assistant turn is found again. Ids alone do not do: some servers count them anew in each
 * conversation.
 */
export function turnKey({ id, name, arguments: text }: Pick<CallPart, 'id' | 'name' | 'arguments'>): string {
  const parsed = parseExactJson(text);
  return JSON.stringify([id, name, parsed === undefined ? text : parsed]);
}

/** The key of an assistant turn: that of its first call; null where it calls nothing. */
export function keyOfTurn({ role, parts }: Turn): string | null {
  const call = role === 'assistant' ? parts.find((part) => part.kind === 'call') : undefined;
  return call ? turnKey(call) : null;
}

/** The conversation with the states that are known of its turns. */
export function withStates(conversation: Conversation, states: ReadonlyMap<string, ModelState>): Conversation {
  if (states.size === 0) return conversation;
  const turns = conversation.turns.map((turn): Turn => {
    const key = keyOfTurn(turn);
    const state = key === null ? undefined : states.get(key);
    return state ? { ...turn, parts: [{ kind: 'state', state }, ...turn.parts] } : turn;
  });
  return { ...conversation, turns };
}

/** Gathers the first call of an answer, as the client sees it. */
export interface TurnRecorder {
  see(events: readonly AnswerEvent[]): void;
  /** The turn and its state; null where it called nothing, or nothing was left beside it. */
  turn(state: ModelState | null): TurnState | null;
}

export function createTurnRecorder(): TurnRecorder {
  let first: { index: number; id: string; name: string; arguments: string } | null = null;
  return {
    see(events) {
      for (const event of events) {
        if (event.kind === 'call' && !first) first = { index: event.index, id: event.id, name: event.name, arguments: '' };
        else if (event.kind === 'arguments' && first?.index === event.index) first.arguments += event.text;
      }
    },
    turn: (state) => (first && state ? { key: turnKey(first), state } : null),
  };
}

export function hasMembers(value: JsonObject): boolean {
  return Object.keys(value).length > 0;
}
