import { asArray, asObject, asText, type JsonObject } from '../../dialects/json-value.ts';
import { hasMembers, type ModelState } from '../model-state.ts';

/** Collects the parts of a chat answer that only its own model can use: reasoning, signatures. */
export interface ChatStateReader {
  read(message: JsonObject): void;
  state(): ModelState | null;
}

const reasoningMembers = ['reasoning_content', 'reasoning'] as const;
/** Members of a call that every server has. */
const plainMembers: ReadonlySet<string> = new Set(['index', 'id', 'type', 'function', 'custom']);

export function createChatStateReader(): ChatStateReader {
  const message: Record<string, unknown> = {};
  const calls = new Map<number, Record<string, unknown>>();

  function readCall(value: unknown, position: number): void {
    const call = asObject(value) ?? {};
    const extras = Object.entries(call).filter(([name, extra]) => !plainMembers.has(name) && extra !== null);
    // Where every call has the index 0, each new id or name is the next one.
    const isNew = asText(call['id']) !== null || asText(asObject(call['function'])?.['name']) !== null;
    const key = isNew || calls.size === 0 ? calls.size : calls.size - 1 - Math.max(0, position - calls.size);
    calls.set(key, { ...calls.get(key), ...Object.fromEntries(extras) });
  }

  return {
    read(delta) {
      for (const name of reasoningMembers) {
        const text = asText(delta[name]);
        if (text !== null) message[name] = `${asText(message[name]) ?? ''}${text}`;
      }
      const details = asArray(delta['reasoning_details']);
      if (details.length > 0)
        message['reasoning_details'] = details.reduce(addDetail, asArray(message['reasoning_details']));
      const extra = asObject(delta['extra_content']);
      if (extra) message['extra_content'] = extra;
      asArray(delta['tool_calls']).forEach(readCall);
    },
    state() {
      const extras = [...calls.values()];
      if (!hasMembers(message) && !extras.some(hasMembers)) return null;
      return { dialect: 'openai-chat', message, calls: extras };
    },
  };
}

const joined = ['text', 'summary', 'data'] as const;

/** A stream brings one detail in several pieces of the same type and index. */
function addDetail(details: readonly unknown[], value: unknown): readonly unknown[] {
  const piece = asObject(value) ?? {};
  const last = asObject(details.at(-1));
  if (!last || last['type'] !== piece['type'] || last['index'] !== piece['index']) return [...details, piece];
  const texts = joined.flatMap((name) =>
    asText(piece[name]) === null ? [] : [[name, `${asText(last[name]) ?? ''}${asText(piece[name])}`]],
  );
  return [...details.slice(0, -1), { ...last, ...piece, ...Object.fromEntries(texts) }];
}
