import { parentPort } from 'node:worker_threads';
import { z } from 'zod';
import { memberNames } from '#proxy/body/member-names.ts';
import { scanJson } from '#proxy/body/scan-json.ts';
import { mediaTokens } from '#proxy/request/read-call.ts';
import { asObject, parseJson } from '#shared/dialects/json-value.ts';
import { type PromptTexts, promptTexts } from './prompt-texts.ts';
import type { Tokenizer } from './tokenizers.ts';

const questionSchema = z.object({
  number: z.int(),
  body: z.instanceof(Uint8Array),
  tokenizer: z.enum(['o200k_base', 'cl100k_base']).nullable(),
});

/** What a prompt measures. */
export interface Measured {
  /** By the model's own tokenizer; null: it has none here. */
  tokens: number | null;
  /** The part of it, from 0 to 1, that stands before its newest turn. */
  prefixShare: number;
  /** Some of it are pictures or sound, whose tokens only their maker knows. */
  hasMedia: boolean;
}

/** null: the body cannot be read as a prompt. */
export type CountAnswer = { number: number; measured: Measured | null };

/** What stands around each message, and before the answer, as OpenAI publishes it for its chat models. */
const [tokensAroundMessage, tokensBeforeAnswer] = [4, 3];
const none = memberNames([]);

type Count = (text: string) => number;

/** A tokenizer has some megabytes of ranks, so each is loaded when it is first needed. */
const loaders: Readonly<Record<Tokenizer, () => Promise<Count>>> = {
  async o200k_base() {
    const { countTokens } = await import('gpt-tokenizer/encoding/o200k_base');
    return (text) => countTokens(text, { disallowedSpecial: new Set() });
  },
  async cl100k_base() {
    const { countTokens } = await import('gpt-tokenizer/encoding/cl100k_base');
    return (text) => countTokens(text, { disallowedSpecial: new Set() });
  },
};

async function measure(bytes: Uint8Array, tokenizer: Tokenizer | null): Promise<Measured | null> {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parsed = asObject(parseJson(body.toString('utf8')));
  if (!parsed) return null;
  const texts = promptTexts(parsed);
  const { media } = scanJson(body, none);
  const [prefix, added] = await sizesOf(texts, tokenizer);
  const size = prefix + added + (tokenizer === null ? 0 : mediaTokens(media));
  return {
    tokens: tokenizer === null ? null : size + tokensBeforeAnswer,
    prefixShare: size === 0 ? 0 : prefix / size,
    hasMedia: media.parts > 0,
  };
}

/** Of prefix and newest turn: in tokens, or in characters where no tokenizer counts. */
async function sizesOf(texts: PromptTexts, tokenizer: Tokenizer | null): Promise<[number, number]> {
  const count = tokenizer === null ? (text: string) => text.length : await loaders[tokenizer]();
  const around = tokenizer === null ? 0 : tokensAroundMessage;
  const total = (all: readonly string[], messages: number): number =>
    all.reduce((sum, text) => sum + count(text), messages * around);
  return [total(texts.prefix, texts.prefixMessages), total(texts.added, texts.addedMessages)];
}

if (parentPort) {
  const port = parentPort;
  port.on('message', (message: unknown) => {
    const { number, body, tokenizer } = questionSchema.parse(message);
    void measure(body, tokenizer)
      .catch(() => null)
      .then((measured) => port.postMessage({ number, measured } satisfies CountAnswer));
  });
}
