import { asArray, asCount, asObject, asText, type JsonObject } from '../../dialects/json-value.ts';
import { readChatUsage, usageMember } from '../../dialects/openai-usage.ts';
import type { Usage } from '../../metering/usage.ts';
import type { AnswerEvent, AnswerReader, StopReason } from '../answer.ts';

const stops: Readonly<Record<string, StopReason>> = {
  stop: 'end',
  length: 'length',
  tool_calls: 'tools',
  function_call: 'tools',
  content_filter: 'filtered',
};

/** A stream of chat completion chunks. Its usage comes behind its finish reason, so it ends when the stream does. */
export function createChatAnswerReader(): AnswerReader {
  let hasStarted = false;
  let hasEnded = false;
  let stop: StopReason = 'end';
  let usage: Usage | null = null;
  let answerId: string | null = null;
  const begun = new Set<number>();

  function readCalls(calls: unknown): AnswerEvent[] {
    return asArray(calls).flatMap((value, position) => {
      const call = asObject(value);
      const named = asObject(call?.['function']) ?? asObject(call?.['custom']);
      const index = asCount(call?.['index']) ?? position;
      const name = asText(named?.['name']);
      const events: AnswerEvent[] = [];
      if (!begun.has(index) && name !== null) {
        begun.add(index);
        // Some servers give none; within a conversation it must be one of its kind.
        const id = asText(call?.['id']) ?? `call_${answerId}_${index}`;
        events.push({ kind: 'call', index, id, name, isCustom: asObject(call?.['custom']) !== null });
      }
      const text = asText(named?.['arguments']) ?? asText(named?.['input']);
      if (text !== null) events.push({ kind: 'arguments', index, text });
      return events;
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
      usage = readChatUsage(usageMember(chunk)) ?? usage;
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
