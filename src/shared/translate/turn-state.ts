import { parseExactJson } from '../dialects/json-value.ts';
import type { AnswerEvent } from './answer.ts';
import type { CallPart, Conversation, Turn } from './conversation.ts';
import type { ModelState, TurnState } from './model-state.ts';

/**
 * Finds an assistant turn by its calls in a later request. Ids alone are not enough: some servers number them from the
 * start in each conversation.
 */
function turnKey({ id, name, arguments: text }: Pick<CallPart, 'id' | 'name' | 'arguments'>): string {
  const parsed = parseExactJson(text);
  return JSON.stringify([id, name, parsed === undefined ? text : parsed]);
}

/** The key of an assistant turn: that of its first call; null where it calls nothing. */
export function keyOfTurn({ role, parts }: Turn): string | null {
  const call = role === 'assistant' ? parts.find((part) => part.kind === 'call') : undefined;
  return call ? turnKey(call) : null;
}

/** The conversation with the known states of its turns. */
export function withStates(conversation: Conversation, states: ReadonlyMap<string, ModelState>): Conversation {
  if (states.size === 0) return conversation;
  const turns = conversation.turns.map((turn): Turn => {
    const key = keyOfTurn(turn);
    const state = key === null ? undefined : states.get(key);
    return state ? { ...turn, parts: [{ kind: 'state', state }, ...turn.parts] } : turn;
  });
  return { ...conversation, turns };
}

/** Collects the first call of an answer, as the client sees it. */
export interface TurnRecorder {
  see(events: readonly AnswerEvent[]): void;
  /** The turn and its state; null where it called nothing, or its model left no state. */
  turn(state: ModelState | null): TurnState | null;
}

export function createTurnRecorder(): TurnRecorder {
  let first: { index: number; id: string; name: string; arguments: string } | null = null;
  return {
    see(events) {
      for (const event of events) {
        if (event.kind === 'call' && !first)
          first = { index: event.index, id: event.id, name: event.name, arguments: '' };
        else if (event.kind === 'arguments' && first?.index === event.index) first.arguments += event.text;
      }
    },
    turn: (state) => (first && state ? { key: turnKey(first), state } : null),
  };
}
