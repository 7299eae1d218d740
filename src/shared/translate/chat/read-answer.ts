import { asArray, asObject, asText, type JsonObject } from '../../dialects/json-value.ts';
import { readChatUsage, unexplainedChatTokens, withUnexplainedThoughts } from '../../dialects/openai-usage.ts';
import type { Usage } from '../../metering/usage.ts';
import type { AnswerEvent, AnswerReader, StopReason } from '../answer.ts';
import { idPart } from '../made-call-id.ts';
import { createCallReader } from './read-calls.ts';
import { createChatStateReader } from './read-state.ts';
import { readTexts } from './read-texts.ts';
import { ownMember } from '../../own-member.ts';

const stops: Readonly<Record<string, StopReason>> = {
  stop: 'end',
  length: 'length',
  max_tokens: 'length',
  tool_calls: 'tools',
  function_call: 'tools',
  content_filter: 'filtered',
};

/**
 * A stream of chat completion chunks. Its usage follows its finish reason, so it ends when the stream does. @param
 * model the upstream's name of it
 */
export function createChatAnswerReader(model: string): AnswerReader {
  const calls = createCallReader();
  const state = createChatStateReader();
  let hasStarted = false;
  let hasDelta = false;
  let hasEnded = false;
  let stop: StopReason = 'end';
  let usage: Usage | null = null;
  let answerId: string | null = null;

  return {
    event(chunk) {
      answerId ??= idPart(chunk['id']);
      const choice = asObject(asArray(chunk['choices'])[0]);
      const counted = readChatUsage(chunk);
      if (counted) usage = withUnexplainedThoughts(counted, unexplainedChatTokens(chunk), model);
      const events: AnswerEvent[] = [];
      if (!hasStarted) events.push({ kind: 'start', model: asText(chunk['model']), usage: null });
      hasStarted = true;
      // Some servers send whole messages where a stream has deltas, and others behind them.
      const delta = asObject(choice?.['delta']);
      const said = delta ?? (hasDelta ? null : asObject(choice?.['message']));
      hasDelta ||= delta !== null;
      if (said) {
        events.push(...readTexts(said), ...calls.read(said, answerId));
        state.read(said);
      }
      stop = ownMember(stops, asText(choice?.['finish_reason']) ?? '') ?? stop;
      return events;
    },
    end() {
      if (hasEnded) return [];
      hasEnded = true;
      return [{ kind: 'end', ending: { stop, stopSequence: null, usage } }];
    },
    state: state.state,
  };
}

/** The events of a whole chat completion: it is read as if it had come in one chunk. */
export function chatReplyEvents(reply: JsonObject): JsonObject[] {
  return [reply];
}
