import type { JsonObject } from '#shared/dialects/json-value.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import type { PlanMode } from '#shared/domain/routing.ts';
import { CorvusError } from '#shared/errors.ts';
import { sumUsage } from '#shared/metering/usage.ts';
import type { AnswerEvent } from '#shared/translate/answer.ts';
import { createChatAnswerWriter, writeChatReply } from '#shared/translate/chat/write-answer.ts';
import { findTranslation } from '#shared/translate/translations.ts';
import { wholeAnswer } from '#shared/translate/whole-answer.ts';
import type { BuiltinReply, BuiltinTarget, Call } from '../call.ts';
import { blendQuestion } from './blend.ts';
import { judgedText, judgeQuestion, readVerdict } from './judge.ts';
import { type Candidate, type ModelAnswer, questionOf, type AskModel, viewOfAnswer } from './model-answer.ts';
import { usdText } from '#shared/money.ts';

export interface ModePlan<C extends Candidate> {
  name: string;
  mode: PlanMode;
  candidates: readonly C[];
  arbiter: C | null;
}

/** Text as it becomes known, and all parts once it is whole. */
type Answer = AsyncGenerator<string, readonly ModelAnswer[]>;

/** Asks several models at once, in chat. A client of another dialect gets a translation. */
export function modeTarget<C extends Candidate>(
  plan: ModePlan<C>,
  dialect: Dialect,
  askModel: (call: Call, signal: AbortSignal) => AskModel<C>,
): BuiltinTarget {
  const translation = findTranslation(dialect, 'openai-chat');
  return {
    kind: 'builtin',
    name: plan.name,
    ...(translation ? { translation } : {}),
    async answer(call, signal) {
      if (call.facts.hasTools) {
        throw new CorvusError(
          'bad_request',
          `"${plan.mode}" answers in words: leave out "tools", or use mesh or auto.`,
          {
            param: 'tools',
          },
        );
      }
      const question = await questionOf(call);
      const answer = answerWith(plan, question, askModel(call, signal));
      // At least one model must have answered before this is a success.
      const first = await answer.next();
      return call.facts.isStream ? streamed(call, question, first, answer) : whole(call, question, first, answer);
    },
  };
}

function answerWith<C extends Candidate>(plan: ModePlan<C>, question: JsonObject, run: AskModel<C>): Answer {
  const parts = plan.candidates.map((candidate) => run(question, candidate));
  return plan.mode === 'compare' ? compare(parts) : arbitrate(plan, question, parts, run);
}

/** Each answer as soon as it arrives. */
async function* compare(parts: readonly Promise<ModelAnswer>[]): Answer {
  const waiting = new Map(parts.map((part, index) => [index, part.then((done) => ({ index, done }))]));
  const failed: ModelAnswer[] = [];
  let hasAnswer = false;
  while (waiting.size > 0) {
    const { index, done } = await Promise.race(waiting.values());
    waiting.delete(index);
    if (done.text === null && !hasAnswer) failed.push(done);
    else {
      hasAnswer = true;
      for (const part of [...failed.splice(0), done]) yield comparedText(part);
    }
  }
  const all = await Promise.all(parts);
  if (!hasAnswer) throw noAnswerError(all);
  return all;
}

async function* arbitrate<C extends Candidate>(
  plan: ModePlan<C>,
  question: JsonObject,
  asked: readonly Promise<ModelAnswer>[],
  run: AskModel<C>,
): Answer {
  const parts = await Promise.all(asked);
  const answers = parts.filter(({ text }) => text !== null);
  const [only, ...others] = answers;
  if (!only) throw noAnswerError(parts);
  if (!plan.arbiter || others.length === 0) {
    yield only.text ?? '';
    return parts;
  }
  const put = plan.mode === 'blend' ? blendQuestion(question, answers) : judgeQuestion(question, answers);
  const arbiter = await run(put, plan.arbiter);
  const all = [...parts, arbiter];
  if (arbiter.text === null) throw noAnswerError([arbiter]);
  if (plan.mode === 'blend') yield arbiter.text;
  else {
    const verdict = readVerdict(arbiter.text, answers);
    yield verdict
      ? judgedText(verdict)
      : `${only.text}\n\n---\nThe verdict of ${arbiter.model} cannot be read; this is the first answer.\n`;
  }
  return all;
}

function noAnswerError(parts: readonly ModelAnswer[]): CorvusError {
  const reasons = parts.map(({ model, problem }) => `${model}: ${problem}`).join(' ');
  return new CorvusError('no_upstream_capacity', `No model answered. ${reasons}`);
}

async function whole(
  call: Call,
  question: JsonObject,
  first: IteratorResult<string, readonly ModelAnswer[]>,
  answer: Answer,
): Promise<BuiltinReply> {
  const texts: string[] = [];
  let step = first;
  for (; !step.done; step = await answer.next()) texts.push(step.value);
  const events: AnswerEvent[] = [
    { kind: 'start', model: call.facts.model, usage: null },
    { kind: 'text', text: texts.join('') },
    endOf(step.value),
  ];
  const reply = {
    ...writeChatReply(wholeAnswer(events), contextOf(call, question)),
    corvus: { parts: step.value.map(viewOfAnswer) },
  };
  return { status: 200, headers: { 'content-type': 'application/json' }, body: once(JSON.stringify(reply)) };
}

function streamed(
  call: Call,
  question: JsonObject,
  first: IteratorResult<string, readonly ModelAnswer[]>,
  answer: Answer,
): BuiltinReply {
  const writer = createChatAnswerWriter(contextOf(call, question), true);
  async function* body(): AsyncGenerator<Buffer> {
    yield Buffer.from(writer.take({ kind: 'start', model: call.facts.model, usage: null }));
    let step = first;
    for (; !step.done; step = await answer.next()) yield Buffer.from(writer.take({ kind: 'text', text: step.value }));
    yield Buffer.from(writer.take(endOf(step.value)));
  }
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
    body: body(),
  };
}

function endOf(parts: readonly ModelAnswer[]): AnswerEvent {
  return {
    kind: 'end',
    ending: { stop: 'end', stopSequence: null, usage: sumUsage(parts.flatMap(({ usage }) => usage ?? [])) },
  };
}

function contextOf(call: Call, request: JsonObject) {
  return { request, requestId: call.requestId, createdSeconds: Math.floor(call.receivedAtMs / 1000) };
}

async function* once(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

/** One answer beside the others: its model, its text, its cost. */
function comparedText(part: ModelAnswer): string {
  const cost = part.costNanoUsd === null ? 'cost not known' : `${usdText(part.costNanoUsd)} USD`;
  const facts = `_${cost} · ${(part.totalMs / 1000).toFixed(1)} s_`;
  return `## ${part.model}\n\n${part.text ?? `No answer: ${part.problem}`}\n\n${facts}\n\n`;
}
