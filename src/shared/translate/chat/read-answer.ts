import { asArray, asCount, asObject, asText, type JsonObject } from '../../dialects/json-value.ts';
import { readChatUsage } from '../../dialects/openai-usage.ts';
import type { Usage } from '../../metering/usage.ts';
import type { AnswerEvent, AnswerReader, StopReason } from '../answer.ts';

const stops: Readonly<Record<string, StopReason>> = {
  stop: 'end',
  length: 'length',
  tool_calls: 'tools',
  function_call: 'tools',
  content_filter: 'filtered',
};

interface OpenCall {
  index: number;
  id: string | null;
  /** null: it has not come yet. */
  name: string | null;
  /** Arguments that nobody was told of. */
  held: string;
}

/** A stream of chat completion chunks. Its usage comes behind its finish reason, so it ends when the stream does. */
export function createChatAnswerReader(): AnswerReader {
  let hasStarted = false;
  let hasEnded = false;
  let stop: StopReason = 'end';
  let usage: Usage | null = null;
  let answerId: string | null = null;
  const open = new Map<number, OpenCall>();
  let count = 0;

  /** The call that a piece belongs to. Some servers repeat an index, or leave it out: then a new id is a new call. */
  function callOf(key: number, id: string | null): OpenCall {
    const known = open.get(key);
    if (known && (id === null || known.id === null || known.id === id)) return known;
    const begun: OpenCall = { index: count, id: null, name: null, held: '' };
    count += 1;
    open.set(key, begun);
    return begun;
  }

  function readCalls(calls: unknown): AnswerEvent[] {
    return asArray(calls).flatMap((value, position) => {
      const piece = asObject(value);
      const named = asObject(piece?.['function']) ?? asObject(piece?.['custom']);
      const id = asText(piece?.['id']);
      const call = callOf(asCount(piece?.['index']) ?? position, id);
      call.id ??= id;
      call.held += asText(named?.['arguments']) ?? asText(named?.['input']) ?? '';
      const isNew = call.name === null;
      call.name ??= asText(named?.['name']);
      // What comes before the name waits for it.
      if (call.name === null) return [];
      const { index, name, held } = call;
      call.held = '';
      const isCustom = asObject(piece?.['custom']) !== null;
      // Some servers give no id; within a conversation it must be one of its kind.
      const begin: AnswerEvent[] = isNew ? [{ kind: 'call', index, id: call.id ?? `call_${answerId}_${index}`, name, isCustom }] : [];
      return held === '' ? begin : [...begin, { kind: 'arguments', index, text: held }];
    });
  }

  return {
    event(chunk) {
      answerId ??= asText(chunk['id'])?.replaceAll(/[^\w-]/g, '') ?? null;
      const error = asObject(chunk['error']);
      if (error)
        return [
          {
            kind: 'error',
            code: asText(error['code']) ?? asText(error['type']),
            message: asText(error['message']) ?? 'The upstream failed.',
          },
        ];
      usage = readChatUsage(chunk) ?? usage;
      const events: AnswerEvent[] = [];
      if (!hasStarted) events.push({ kind: 'start', model: asText(chunk['model']), usage: null });
      hasStarted = true;
      const choice = asObject(asArray(chunk['choices'])[0]);
      const delta = asObject(choice?.['delta']);
      if (delta) events.push(...readTexts(delta), ...readCalls(delta['tool_calls']));
      stop = stops[asText(choice?.['finish_reason']) ?? ''] ?? stop;
      return events;
    },
    end() {
      if (hasEnded) return [];
      hasEnded = true;
      return [{ kind: 'end', ending: { stop, stopSequence: null, usage } }];
    },
  };
}

function readTexts(delta: JsonObject): AnswerEvent[] {
  const reasoning = asText(delta['reasoning_content']) ?? asText(delta['reasoning']);
  const text = asText(delta['content']);
  const refusal = asText(delta['refusal']);
  return [
    ...(reasoning === null ? [] : [{ kind: 'reasoning', text: reasoning } as const]),
    ...(text === null ? [] : [{ kind: 'text', text } as const]),
    ...(refusal === null ? [] : [{ kind: 'refusal', text: refusal } as const]),
  ];
}

/** A whole chat completion, read as if it had come in one chunk. */
export function readChatReply(reply: JsonObject): AnswerEvent[] {
  const reader = createChatAnswerReader();
  const choice = asObject(asArray(reply['choices'])[0]);
  const chunk = { ...reply, choices: [{ delta: choice?.['message'] ?? {}, finish_reason: choice?.['finish_reason'] }] };
  return [...reader.event(chunk), ...reader.end()];
}
