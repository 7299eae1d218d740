import { type CallPiece, continuesCall } from '../../dialects/forms/call-pieces.ts';
import { asArray, asCount, asObject, asText, type JsonObject, textOfAny } from '../../dialects/json-value.ts';
import type { AnswerEvent } from '../answer.ts';
import { madeCallId } from '../made-call-id.ts';

interface OpenCall {
  index: number;
  id: string | null;
  /** null: it has not come yet. */
  name: string | null;
  /** All arguments so far. */
  arguments: string;
  /** The part that no event has carried yet. */
  held: string;
}

/** The tool calls in a chat message or its deltas. */
export interface CallReader {
  /** @param answerId part of the ids that are generated for servers that give none */
  read(message: JsonObject, answerId: string | null): AnswerEvent[];
}

const legacyKey = -1;

export function createCallReader(): CallReader {
  const open = new Map<number, OpenCall>();
  let count = 0;

  function begin(key: number): OpenCall {
    const begun: OpenCall = { index: count, id: null, name: null, arguments: '', held: '' };
    count += 1;
    open.set(key, begun);
    return begun;
  }

  function readPiece(piece: JsonObject, key: number, answerId: string | null): AnswerEvent[] {
    const named = asObject(piece['function']) ?? asObject(piece['custom']) ?? piece;
    const found: CallPiece = {
      id: asText(piece['id']),
      name: asText(named['name']),
      text: textOfAny(named['arguments'] ?? named['input']),
    };
    const known = open.get(key);
    const call = known && continuesCall({ ...known, text: known.arguments }, found) ? known : begin(key);
    call.id ??= found.id;
    call.held += found.text;
    call.arguments += found.text;
    const isNew = call.name === null;
    call.name ??= found.name;
    // What comes before the name waits for it.
    if (call.name === null) return [];
    const { index, name, held } = call;
    call.held = '';
    const isCustom = asObject(piece['custom']) !== null;
    const events: AnswerEvent[] = isNew
      ? [{ kind: 'call', index, id: call.id ?? madeCallId(answerId, index), name, isCustom }]
      : [];
    return held === '' ? events : [...events, { kind: 'arguments', index, text: held }];
  }

  return {
    read(message, answerId) {
      const legacy = asObject(message['function_call']);
      const calls = asArray(message['tool_calls']).flatMap((value, position) => {
        const piece = asObject(value) ?? {};
        return readPiece(piece, asCount(piece['index']) ?? position, answerId);
      });
      return legacy ? [...calls, ...readPiece(legacy, legacyKey, answerId)] : calls;
    },
  };
}
