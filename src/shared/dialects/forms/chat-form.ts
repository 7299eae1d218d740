import { asArray, asCount, asObject, asText, type JsonObject, textOfAny } from '../json-value.ts';
import type { AnswerCollector, AnswerForm } from './answer-form.ts';
import { type CallPiece, continuesCall } from './call-pieces.ts';
import { type Growing, mergeDelta } from './merge-delta.ts';

/** Chat completions, and completions: their choices have a text instead of a message. */
export const chatForm: AnswerForm = formOf('chat.completion', 'chat.completion.chunk');
export const completionsForm: AnswerForm = formOf('text_completion', 'text_completion');

function formOf(wholeName: string, chunkName: string): AnswerForm {
  return {
    endsWithMarker: true,
    collect: () => collectChunks(wholeName),
    asStream({ choices, usage, ...rest }, asksForUsage) {
      const envelope = { ...rest, object: chunkName };
      const chunks = asArray(choices).flatMap((value, position) => chunksOf(asObject(value) ?? {}, position));
      const counted = asksForUsage && usage ? [{ ...envelope, choices: [], usage }] : [];
      const all = [...chunks.map((choice) => ({ ...envelope, choices: [choice] })), ...counted];
      return `${all.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`;
    },
  };
}

/** The content of a choice, then why it ends. */
function chunksOf(choice: JsonObject, position: number): JsonObject[] {
  const { message, finish_reason: reason, ...rest } = choice;
  const begun = { index: position, ...rest };
  const said = asObject(message);
  if (!said) return [{ ...begun, finish_reason: reason ?? null }];
  const calls = asArray(said['tool_calls']).map((call, index) => ({ index, ...asObject(call) }));
  const delta = { ...said, ...(calls.length === 0 ? {} : { tool_calls: calls }) };
  return [
    { ...begun, delta, finish_reason: null },
    { index: begun.index, delta: {}, finish_reason: reason ?? null },
  ];
}

interface GrowingChoice {
  members: Growing;
  message: Growing | null;
  calls: GrowingCalls;
}

function collectChunks(wholeName: string): AnswerCollector {
  const envelope: Growing = {};
  const choices = new Map<number, GrowingChoice>();

  function takeChoice(value: unknown, position: number): void {
    const { delta, message, ...members } = asObject(value) ?? {};
    const index = asCount(members['index']) ?? position;
    const known = choices.get(index) ?? { members: {}, message: null, calls: collectCalls() };
    choices.set(index, known);
    mergeDelta(known.members, { index, ...members });
    // Some servers repeat at the end what they sent in pieces, or send only that.
    const whole = asObject(message);
    const piece = asObject(delta) ?? (known.message === null ? whole : null);
    if (!piece) return;
    const { tool_calls: calls, ...said } = piece;
    known.message ??= { role: 'assistant', content: null };
    mergeDelta(known.message, said);
    known.calls.take(calls);
  }

  return {
    take({ choices: more, ...rest }) {
      for (const [name, value] of Object.entries(rest))
        if (value !== null || envelope[name] === undefined) envelope[name] = value;
      for (const [position, choice] of asArray(more).entries()) takeChoice(choice, position);
    },
    whole() {
      if (choices.size === 0) return null;
      const inOrder = [...choices.entries()].sort(([a], [b]) => a - b);
      return { ...envelope, object: wholeName, choices: inOrder.map(([, choice]) => wholeChoice(choice)) };
    },
  };
}

function wholeChoice({ members, message, calls }: GrowingChoice): JsonObject {
  const list = calls.all();
  return message
    ? { ...members, message: { ...message, ...(list.length === 0 ? {} : { tool_calls: list }) } }
    : members;
}

interface GrowingCalls {
  take(pieces: unknown): void;
  all(): JsonObject[];
}

function collectCalls(): GrowingCalls {
  const list: { members: Growing; known: CallPiece }[] = [];
  const open = new Map<number, (typeof list)[number]>();
  return {
    take(pieces) {
      for (const [position, value] of asArray(pieces).entries()) {
        const { index, ...piece } = asObject(value) ?? {};
        const key = asCount(index) ?? position;
        const named = asObject(piece['function']) ?? asObject(piece['custom']) ?? {};
        const found = {
          id: asText(piece['id']),
          name: asText(named['name']),
          text: textOfAny(named['arguments'] ?? named['input']),
        };
        const last = open.get(key);
        const call =
          last && continuesCall(last.known, found) ? last : { members: {}, known: { id: null, name: null, text: '' } };
        if (call !== last) list.push(call);
        open.set(key, call);
        const { known } = call;
        call.known = { id: known.id ?? found.id, name: known.name ?? found.name, text: known.text + found.text };
        mergeDelta(call.members, piece);
      }
    },
    all: () => list.map(({ members }) => members),
  };
}
