import { translateError } from '#shared/dialects/upstream-error.ts';
import type { TurnState } from '#shared/translate/model-state.ts';
import type { StreamTranslator } from '#shared/translate/translation.ts';
import type { Call, HttpTarget, Target } from '../call.ts';
import { askedUsage, changeBody, namedModel } from '../body/change-body.ts';
import { limitedOutput, withLimitedOutput } from '../body/limit-output.ts';
import { parseInTurns } from '../body/parse-in-turns.ts';
import { writeInTurns } from '../body/write-in-turns.ts';
import type { CallTranslation } from '../reply/relay.ts';

/** A call as it is sent to one target. */
export interface Outbound {
  body: Buffer;
  /** null: the upstream uses the client's dialect. */
  translation: CallTranslation | null;
  /** The memory for bodies that was taken to make it. */
  takenBytes: number;
  /** Keys of the turns that got the state of their model back. */
  stateKeys: readonly string[];
}

/** A target of another dialect than the client's. */
type TranslatedTarget = Pick<HttpTarget, 'model' | 'turnStates' | 'outputLimit'> &
  Required<Pick<HttpTarget, 'translation'>>;

/**
 * Throws `not_translatable` where the target's dialect cannot express the request, `overloaded` where no memory is left
 * for it.
 */
export async function outboundOf(call: Call, target: HttpTarget): Promise<Outbound> {
  const { translation } = target;
  if (translation) return translatedOutbound(call, { ...target, translation });
  const { spans } = call.facts;
  // A form, or an empty body, keeps the model name of the client.
  if (!spans) return { body: call.body, translation: null, takenBytes: 0, stateKeys: [] };
  const edits = [
    ...(target.model === undefined ? [] : namedModel(spans, target.model)),
    ...(mustInjectUsage(call, target) ? [askedUsage(call.body, spans)] : []),
    ...(target.outputLimit === undefined
      ? []
      : limitedOutput(call.body, call.dialect, target.model ?? call.facts.model, spans, target.outputLimit)),
  ];
  const takenBytes = edits.length > 0 ? call.body.length : 0;
  call.memory?.take(takenBytes);
  return { body: await changeBody(call.body, edits), translation: null, takenBytes, stateKeys: [] };
}

/** Whether usage must be asked for on this client's behalf and hidden from it again. */
export function mustInjectUsage(call: Call, target: Target): boolean {
  if (target.translation) return false;
  return (target.kind === 'builtin' || target.injectUsage) && call.facts.isStream && !call.facts.asksForUsage;
}

/** Throws `not_translatable`, `json_too_complex`, `overloaded`. */
export async function translatedOutbound(
  call: Call,
  target: TranslatedTarget,
): Promise<Outbound & { translation: CallTranslation }> {
  // Once as values, once as it is sent.
  const takenBytes = 2 * call.body.length;
  call.memory?.take(takenBytes);
  try {
    return { ...(await translated(call, target)), takenBytes };
  } catch (error) {
    call.memory?.give(takenBytes);
    throw error;
  }
}

async function translated(
  call: Call,
  { translation, model, turnStates, outputLimit }: TranslatedTarget,
): Promise<Omit<Outbound, 'takenBytes'> & { translation: CallTranslation }> {
  // Some dialects say in the path, or by leaving it out, what others say in the body.
  const whole = { ...(await parseInTurns(call.body)), model: call.facts.model, stream: call.facts.isStream };
  const request =
    outputLimit === undefined ? whole : withLimitedOutput(whole, call.dialect, model ?? call.facts.model, outputLimit);
  const asked = translation.read(request, model);
  const states = (await turnStates?.find(asked.turnKeys)) ?? new Map();
  const { body, notCarried, tools } = asked.write(states);
  const context = {
    request,
    requestId: call.requestId,
    createdSeconds: Math.floor(call.receivedAtMs / 1000),
    tools,
    model: model ?? call.facts.model,
  };
  return {
    body: await writeInTurns(body, call.body.length),
    stateKeys: [...states.keys()],
    translation: {
      dialect: translation.to,
      notCarried,
      stream: () => keptAtEnd(translation.stream(context), keep),
      whole(status, reply) {
        if (status >= 400) return translateError(translation.from, status, reply, call.requestId);
        const { body: shown, turn } = translation.reply(reply, context);
        keep(turn);
        return shown;
      },
      wholeAsStream(reply) {
        const { text, turn } = translation.replyAsStream(reply, context);
        keep(turn);
        return text;
      },
    },
  };

  function keep(turn: TurnState | null): void {
    if (turn) turnStates?.keep(turn);
  }
}

/** Only a stream that ended well has a whole state. */
function keptAtEnd(translator: StreamTranslator, keep: (turn: TurnState | null) => void): StreamTranslator {
  return {
    ...translator,
    end() {
      const text = translator.end();
      keep(translator.turn());
      return text;
    },
  };
}
