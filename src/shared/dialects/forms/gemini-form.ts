import { asArray, asCount, asObject, type JsonObject } from '../json-value.ts';
import type { AnswerCollector, AnswerForm } from './answer-form.ts';

/** Gemini's answers: every event of a stream is a reply of its own, so a whole one is a stream of one event. */
export const geminiForm: AnswerForm = {
  endsWithMarker: false,
  collect: collectReplies,
  asStream: (answer) => `data: ${JSON.stringify(answer)}\n\n`,
};

interface GrowingCandidate {
  members: JsonObject;
  content: JsonObject;
  parts: JsonObject[];
}

function collectReplies(): AnswerCollector {
  let envelope: JsonObject = {};
  const candidates = new Map<number, GrowingCandidate>();

  function takeCandidate(value: unknown, position: number): void {
    const { content, ...members } = asObject(value) ?? {};
    const index = asCount(members['index']) ?? position;
    const known = candidates.get(index) ?? { members: {}, content: {}, parts: [] };
    const { parts, ...said } = asObject(content) ?? {};
    for (const part of asArray(parts)) addPart(known.parts, asObject(part) ?? {});
    candidates.set(index, {
      members: { ...known.members, ...members },
      content: { ...known.content, ...said },
      parts: known.parts,
    });
  }

  return {
    take({ candidates: more, ...rest }) {
      envelope = { ...envelope, ...rest };
      for (const [position, candidate] of asArray(more).entries()) takeCandidate(candidate, position);
    },
    whole() {
      if (candidates.size === 0) return null;
      const inOrder = [...candidates.entries()].sort(([a], [b]) => a - b);
      const all = inOrder.map(([, { members, content, parts }]) => ({ content: { parts, ...content }, ...members }));
      return { candidates: all, ...envelope };
    },
  };
}

/** Text that continues the text before it; anything else is a part of its own. */
function addPart(parts: JsonObject[], part: JsonObject): void {
  const last = parts.at(-1);
  if (
    last &&
    isText(last) &&
    isText(part) &&
    last['thought'] === part['thought'] &&
    last['thoughtSignature'] === undefined
  ) {
    parts[parts.length - 1] = { ...last, ...part, text: `${String(last['text'])}${String(part['text'])}` };
  } else parts.push(part);
}

function isText(part: JsonObject): boolean {
  return typeof part['text'] === 'string';
}
