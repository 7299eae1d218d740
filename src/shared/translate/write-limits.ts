import { asObject, type JsonObject } from '../dialects/json-value.ts';
import type { Conversation, Effort, Tool } from './conversation.ts';
import { type ModelLimits, nearestEffort } from './model-limits.ts';
import { refuse, type Report } from './report.ts';
import { mayBeStrict } from './strict-schema.ts';

/** Temperature and top_p as a model accepts them; what it does not accept is left out and reported. */
export function samplingFor(
  conversation: Conversation,
  limits: ModelLimits,
  report: Report,
): { temperature: number | null; topP: number | null } {
  const { temperature, topP } = conversation;
  const { sampling } = limits;
  if (!takesSampling(conversation, limits)) {
    if (temperature !== null) report.leaveOut('temperature');
    if (topP !== null) report.leaveOut('top_p');
    return { temperature: null, topP: null };
  }
  if (sampling === 'one' && temperature !== null && topP !== null) {
    report.leaveOut('top_p');
    return { temperature, topP: null };
  }
  return { temperature, topP };
}

function takesSampling({ effort }: Conversation, { sampling }: Pick<ModelLimits, 'sampling'>): boolean {
  const isReasoning = effort !== null && effort !== 'none';
  return sampling !== 'none' && (sampling !== 'without-reasoning' || !isReasoning);
}

/** The seed, where the model takes one; else it is left out and reported. */
export function seedFor({ seed }: Conversation, takesSeed: boolean, report: Report): number | null {
  if (seed === null || takesSeed) return seed;
  report.leaveOut('seed');
  return null;
}

/** The penalties for words that come again, where the model takes them; else they are left out and reported. */
export function penaltiesFor(
  conversation: Conversation,
  limits: Pick<ModelLimits, 'takesPenalties' | 'sampling'>,
  report: Report,
): Pick<Conversation, 'frequencyPenalty' | 'presencePenalty'> {
  const { frequencyPenalty, presencePenalty } = conversation;
  if (limits.takesPenalties && takesSampling(conversation, limits)) return { frequencyPenalty, presencePenalty };
  if (frequencyPenalty !== null) report.leaveOut('frequency_penalty');
  if (presencePenalty !== null) report.leaveOut('presence_penalty');
  return { frequencyPenalty: null, presencePenalty: null };
}

/** Reports a seed and penalties, for a dialect that has neither. */
export function reportSeedAndPenalties(conversation: Conversation, report: Report): void {
  seedFor(conversation, false, report);
  penaltiesFor(conversation, { takesPenalties: false, sampling: 'any' }, report);
}

/**
 * The reasoning effort in a word that the model knows; null where none is requested, or the model is not known to
 * understand one.
 */
export function effortFor({ effort }: Conversation, { efforts }: ModelLimits, report: Report): Effort | null {
  if (effort === null) return null;
  if (efforts) return nearestEffort(effort, efforts);
  report.leaveOut('reasoning effort');
  return null;
}

/** Stop sequences, as many as the model accepts. Throws `not_translatable` where it accepts none. */
export function stopFor(
  { stop }: Conversation,
  { takesStop, stopSequences }: ModelLimits,
  report: Report,
): readonly string[] | null {
  if (stop.length === 0) return null;
  if (!takesStop)
    refuse('stop', 'This model takes no stop sequences, and without them its answer would be another one.');
  const most = stopSequences ?? stop.length;
  if (stop.length > most) report.leaveOut(`stop sequences beyond ${most}`);
  return stop.slice(0, most);
}

/** Throws `not_translatable` where the model accepts fewer tools than there are. */
export function checkToolCount(tools: readonly Tool[], { mostTools }: ModelLimits): void {
  if (mostTools === null || tools.length <= mostTools) return;
  refuse('tools', `This model takes at most ${mostTools} tools, and ${tools.length} were sent.`);
}

/** Reports a schema's name and the detail of pictures, for a dialect that has neither. */
export function reportNameAndDetail({ turns, format }: Conversation, report: Report): void {
  if (format?.kind === 'schema' && (format.name ?? format.description) !== null) report.leaveOut("the schema's name");
  const parts = turns.flatMap((turn) => turn.parts);
  const hasDetail = parts.some((part) => part.kind === 'image' && part.detail !== null && part.detail !== 'auto');
  if (hasDetail) report.leaveOut('image detail');
}

const notAtTheTop = ['oneOf', 'anyOf', 'allOf', 'enum', 'not'] as const;

/**
 * Parameters as the OpenAI dialects accept them: an object that names its properties, without alternatives at the top.
 */
export function openAiParameters(schema: JsonObject | null, report: Report): JsonObject {
  const { ...rest } = schema ?? {};
  const plain: Record<string, unknown> = rest;
  for (const name of notAtTheTop) {
    if (plain[name] === undefined) continue;
    delete plain[name];
    report.leaveOut(`tools.parameters.${name}`);
  }
  return { ...plain, type: 'object', properties: asObject(plain['properties']) ?? {} };
}

/** Whether an OpenAI dialect is to hold a model to a schema; null: not stated. It refuses to with some schemas. */
export function openAiStrict(
  isStrict: boolean | null,
  schema: JsonObject,
  report: Report,
  name: string,
): boolean | null {
  if (isStrict !== true || mayBeStrict(schema)) return isStrict;
  report.leaveOut(name);
  return false;
}
