import { parseExactJson } from '#shared/dialects/exact-json.ts';
import { asObject, type JsonObject } from '#shared/dialects/json-value.ts';
import type { Dialect } from '#shared/domain/dialect.ts';
import { CorvusError } from '#shared/errors.ts';
import { translateError } from '#shared/translate/translate-error.ts';
import type { StreamTranslator, Translation } from '#shared/translate/translation.ts';
import type { Call, HttpTarget, Target } from './call.ts';
import { injectUsageOption, replaceModel } from './read-call.ts';

/** How JSON begins; a form that is passed through keeps the model's name it has. */
const openBrace = 0x7b;

/** A call as one target is sent it. */
export interface Outbound {
  body: Buffer;
  /** null: the upstream speaks the client's dialect. */
  translation: CallTranslation | null;
}

/** A translation at work on one call: what comes back is turned into the client's dialect with it. */
export interface CallTranslation {
  /** What the upstream speaks. */
  dialect: Dialect;
  /** What of the request the upstream was not told. */
  notCarried: readonly string[];
  stream(): StreamTranslator;
  /** A whole reply, or an error, as the client's dialect has it. */
  whole(status: number, body: JsonObject): JsonObject;
}

/** Throws `not_translatable` where the target's dialect cannot express the request. */
export function outboundOf(call: Call, target: HttpTarget): Outbound {
  if (target.translation) return translatedOutbound(call, target.translation, target.model);
  const { model } = target;
  const named = model !== undefined && call.body[0] === openBrace ? replaceModel(call.body, model) : call.body;
  return { body: mustInjectUsage(call, target) ? injectUsageOption(named) : named, translation: null };
}

/** Whether usage must be asked for on this client's behalf, and hidden from it again. */
export function mustInjectUsage(call: Call, target: Target): boolean {
  if (target.translation) return false;
  return (target.kind === 'builtin' || target.injectUsage) && call.facts.isStream && !call.facts.asksForUsage;
}

/** Throws `not_translatable`. */
export function translatedOutbound(call: Call, translation: Translation, model?: string): Outbound & { translation: CallTranslation } {
  const request = asObject(parseExactJson(call.body.toString('utf8')));
  if (!request) throw new CorvusError('invalid_json');
  const { body, notCarried, tools } = translation.request(request, model);
  const context = { request, requestId: call.requestId, createdSeconds: Math.floor(call.receivedAtMs / 1000), tools };
  return {
    body: Buffer.from(JSON.stringify(body)),
    translation: {
      dialect: translation.to,
      notCarried,
      stream: () => translation.stream(context),
      whole: (status, reply) =>
        status >= 400 ? translateError(translation.from, status, reply, call.requestId) : translation.reply(reply, context).body,
    },
  };
}
