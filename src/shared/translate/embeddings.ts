import { asArray, asObject, asText, type JsonObject } from '../dialects/json-value.ts';
import { readChatUsage } from '../dialects/openai-usage.ts';
import { inputTokens, makeUsage } from '../metering/usage.ts';
import { createReport, refuse, type Report, reportUnknown, said } from './report.ts';
import { memberOf, plainNameOf } from './gemini/member.ts';
import { type ReplyContext, sameToolNames, type Translation } from './translation.ts';
import { geminiUsage } from './usage.ts';

/** How a client's dialect asks for embeddings and reads them. */
interface EmbeddingCodec {
  /** As a request of the OpenAI dialect, without the model. */
  readRequest(body: JsonObject, report: Report): JsonObject;
  writeReply(vectors: readonly unknown[], reply: JsonObject, context: ReplyContext): JsonObject;
}

const knownOfOllama: ReadonlySet<string> = new Set(['model', 'input', 'prompt', 'dimensions', 'stream']);

/** `/api/embed`, and the older `/api/embeddings` with one `prompt`. */
const ollama: EmbeddingCodec = {
  readRequest(body, report) {
    reportUnknown(body, knownOfOllama, report);
    return { input: body['prompt'] ?? body['input'] ?? '', dimensions: body['dimensions'] };
  },
  writeReply(vectors, reply, { request }) {
    if (request['prompt'] !== undefined) return { embedding: vectors[0] ?? [] };
    const usage = readChatUsage(reply);
    return {
      model: asText(request['model']),
      embeddings: vectors,
      ...(usage ? { prompt_eval_count: inputTokens(usage) } : {}),
    };
  },
};

/** `embedContent`, and `batchEmbedContents` with several requests. */
const gemini: EmbeddingCodec = {
  readRequest(body, report) {
    const batch = body['requests'];
    const requests = Array.isArray(batch) ? batch.map((request) => asObject(request) ?? {}) : [body];
    const [first] = requests;
    for (const name of Object.keys(first ?? {}).map(plainNameOf)) {
      if (name === 'taskType' || name === 'title' || name === 'autoTruncate') report.leaveOut(name);
    }
    const input = requests.map(textOfContent);
    return { input: Array.isArray(batch) ? input : input[0], dimensions: memberOf(first, 'outputDimensionality') };
  },
  writeReply(vectors, reply, { request }) {
    const usage = readChatUsage(reply);
    const counted = usage ? { usageMetadata: geminiUsage(makeUsage({ freshInput: inputTokens(usage) })) } : {};
    const values = vectors.map((vector) => ({ values: vector }));
    return Array.isArray(request['requests'])
      ? { embeddings: values, ...counted }
      : { embedding: values[0] ?? { values: [] }, ...counted };
  },
};

function textOfContent(request: JsonObject): string {
  const parts = asArray(asObject(request['content'])?.['parts']).map((part) => asObject(part));
  if (parts.some((part) => typeof part?.['text'] !== 'string'))
    refuse('content.parts', 'Only text can be embedded by the model that serves this.');
  return parts.map((part) => asText(part?.['text']) ?? '').join('\n');
}

const codecs = { 'ollama-embeddings': ollama, 'gemini-embeddings': gemini } as const;
export type EmbeddingDialect = keyof typeof codecs;

export function isEmbeddingDialect(dialect: string): dialect is EmbeddingDialect {
  return Object.hasOwn(codecs, dialect);
}

/** From a client that asks for embeddings to an upstream of the OpenAI dialect. */
export function embeddingTranslation(from: EmbeddingDialect): Translation {
  const codec = codecs[from];

  function read(body: JsonObject, model?: string) {
    const report = createReport();
    const asked = said({ model: model ?? body['model'], ...codec.readRequest(body, report), encoding_format: 'float' });
    return { turnKeys: [], write: () => ({ body: asked, notCarried: report.names(), tools: sameToolNames }) };
  }

  return {
    from,
    to: 'openai-embeddings',
    request: (body, model) => read(body, model).write(),
    read,
    reply(reply, context) {
      const vectors = asArray(reply['data']).map((entry) => asObject(entry)?.['embedding'] ?? []);
      return { body: codec.writeReply(vectors, reply, context), turn: null };
    },
    replyAsStream: () => notStreamed(),
    stream: () => notStreamed(),
  };
}

function notStreamed(): never {
  return refuse('stream', 'Embeddings come in one piece.');
}
