import { laterGeminiUsage, readGeminiUsage } from '../../dialects/gemini-usage.ts';
import { asArray, asObject, asText, type JsonObject } from '../../dialects/json-value.ts';
import type { Usage } from '../../metering/usage.ts';
import type { AnswerEvent, AnswerReader, StopReason } from '../answer.ts';
import { dataUrl } from '../data-url.ts';
import { idPart, madeCallId } from '../made-call-id.ts';
import type { ModelState } from '../model-state.ts';
import { memberOf } from './member.ts';
import { codeText, outputText } from './read-parts.ts';
import { ownMember } from '../../own-member.ts';

const stops: Readonly<Record<string, StopReason>> = { STOP: 'end', MAX_TOKENS: 'length' };

/**
 * A stream of `generateContent` replies, each with what is new. It has no terminal event: it ends when the stream does.
 */
export function createGeminiAnswerReader(): AnswerReader {
  const signatures: (string | null)[] = [];
  let hasStarted = false;
  let hasEnded = false;
  let stop: StopReason = 'end';
  let usage: Usage | null = null;
  let answerId: string | null = null;

  function readCall(call: JsonObject, part: JsonObject): AnswerEvent[] {
    const index = signatures.length;
    signatures.push(asText(memberOf(part, 'thoughtSignature')));
    const id = asText(call['id']) ?? madeCallId(answerId, index);
    return [
      { kind: 'call', index, id, name: asText(call['name']) ?? '', isCustom: false },
      { kind: 'arguments', index, text: JSON.stringify(call['args'] ?? {}) },
      { kind: 'call-end', index },
    ];
  }

  function readPart(value: unknown): AnswerEvent[] {
    const part = asObject(value) ?? {};
    const call = asObject(memberOf(part, 'functionCall'));
    if (call) return readCall(call, part);
    const text = shownText(part);
    return text === '' ? [] : [{ kind: part['thought'] === true ? 'reasoning' : 'text', text }];
  }

  return {
    event(chunk) {
      answerId ??= idPart(chunk['responseId']);
      usage = laterGeminiUsage(usage, readGeminiUsage(chunk));
      const events: AnswerEvent[] = hasStarted ? [] : [{ kind: 'start', model: asText(chunk['modelVersion']), usage }];
      hasStarted = true;
      const candidate = asObject(asArray(chunk['candidates'])[0]);
      events.push(...asArray(asObject(candidate?.['content'])?.['parts']).flatMap(readPart));
      const reason = asText(candidate?.['finishReason']) ?? asText(asObject(chunk['promptFeedback'])?.['blockReason']);
      // Every other reason is a filter of some kind.
      if (reason !== null) stop = ownMember(stops, reason) ?? 'filtered';
      return events;
    },
    end() {
      if (hasEnded) return [];
      hasEnded = true;
      return [{ kind: 'end', ending: { stop, stopSequence: null, usage } }];
    },
    state: (): ModelState | null =>
      signatures.some((signature) => signature !== null) ? { dialect: 'gemini', signatures: [...signatures] } : null,
  };
}

function shownText(part: JsonObject): string {
  const code = asObject(memberOf(part, 'executableCode'));
  if (code) return codeText(code);
  const ran = asObject(memberOf(part, 'codeExecutionResult'));
  if (ran) return outputText(ran);
  const inline = asObject(memberOf(part, 'inlineData'));
  if (inline)
    return `![](${dataUrl(asText(memberOf(inline, 'mimeType')) ?? 'image/png', asText(inline['data']) ?? '')})`;
  return asText(part['text']) ?? '';
}

/** The events of a whole reply: it is read as if it had come in one chunk. */
export function geminiReplyEvents(reply: JsonObject): JsonObject[] {
  return [reply];
}
