import { z } from 'zod';

/** The request and reply formats Corvus supports; one endpoint family each. */
const dialects = [
  'openai-chat',
  'openai-completions',
  'openai-embeddings',
  'openai-responses',
  /** Images, audio, moderations, files: not read, except for a model's name and usage. */
  'openai-passthrough',
  'anthropic-messages',
  'anthropic-count-tokens',
  /** Google's `generateContent`, whole and streamed. */
  'gemini',
  'gemini-count-tokens',
  'gemini-embeddings',
  'ollama-chat',
  'ollama-generate',
  'ollama-embeddings',
] as const;
export const dialectSchema = z.enum(dialects);
export type Dialect = z.infer<typeof dialectSchema>;

/** The dialects that hold a conversation and in which an upstream can be asked. */
export const upstreamDialectSchema = dialectSchema.extract([
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
]);
export type UpstreamDialect = z.infer<typeof upstreamDialectSchema>;

/**
 * The dialects that hold a conversation: a client may use any of them, and each is translated into those of upstreams.
 */
export const conversationDialectSchema = dialectSchema.extract([
  ...upstreamDialectSchema.options,
  'ollama-chat',
  'ollama-generate',
]);
export type ConversationDialect = z.infer<typeof conversationDialectSchema>;

/** The dialects of the local gateway alone: the hosted service sells no model in them. */
const gatewayDialectSchema = dialectSchema.extract([
  'gemini',
  'gemini-count-tokens',
  'gemini-embeddings',
  'ollama-chat',
  'ollama-generate',
  'ollama-embeddings',
]);
export type GatewayDialect = z.infer<typeof gatewayDialectSchema>;
const gatewayDialects: ReadonlySet<Dialect> = new Set(gatewayDialectSchema.options);

export function isGatewayDialect(dialect: Dialect): dialect is GatewayDialect {
  return gatewayDialects.has(dialect);
}

/** The upstream dialect that accompanies a dialect: an upstream of the one answers the other at the same address. */
export function conversationOf(dialect: Exclude<Dialect, GatewayDialect>): Exclude<UpstreamDialect, 'gemini'>;
export function conversationOf(dialect: Dialect): UpstreamDialect;
export function conversationOf(dialect: Dialect): UpstreamDialect {
  switch (dialect) {
    case 'anthropic-count-tokens':
      return 'anthropic-messages';
    case 'gemini-count-tokens':
    case 'gemini-embeddings':
      return 'gemini';
    case 'openai-responses':
    case 'anthropic-messages':
    case 'gemini':
      return dialect;
    default:
      return 'openai-chat';
  }
}

/** What a request asks for that not every dialect can carry. */
export type Need = 'stop' | 'top-k';

/** Stands in a path for the model's name. */
export const modelPlace = '{model}';

/** The path of a dialect; that of an upstream is below its address. What passes through keeps its own path. */
export const endpointPaths: Readonly<Record<Exclude<Dialect, 'openai-passthrough'>, string>> = {
  'openai-chat': '/v1/chat/completions',
  'openai-completions': '/v1/completions',
  'openai-embeddings': '/v1/embeddings',
  'openai-responses': '/v1/responses',
  'anthropic-messages': '/v1/messages',
  'anthropic-count-tokens': '/v1/messages/count_tokens',
  gemini: `/v1beta/models/${modelPlace}:generateContent`,
  'gemini-count-tokens': `/v1beta/models/${modelPlace}:countTokens`,
  'gemini-embeddings': `/v1beta/models/${modelPlace}:embedContent`,
  'ollama-chat': '/api/chat',
  'ollama-generate': '/api/generate',
  'ollama-embeddings': '/api/embed',
};

/**
 * What follows an upstream's version in the path of a call: a model's name and the way of answering are part of
 * Gemini's paths.
 */
export function pathBelowVersion(path: string, { model, isStream }: { model: string; isStream: boolean }): string {
  const below = path.replace(/^\/v1(?:beta|alpha)?(?=\/)/, '');
  if (!below.includes(modelPlace)) return below;
  const asked = isStream ? ':streamGenerateContent?alt=sse' : ':generateContent';
  const method = below.replace(/:(?:generate|streamGenerate)Content$/, asked);
  return method.replace(modelPlace, () => model.split('/').map(encodeURIComponent).join('/'));
}

/** Who defined the dialect: decides the error envelope. */
const dialectFamilySchema = z.enum(['openai', 'anthropic', 'gemini', 'ollama']);
export type DialectFamily = z.infer<typeof dialectFamilySchema>;

/** The families in which the hosted service's upstreams are asked. */
export const poolFamilySchema = dialectFamilySchema.extract(['openai', 'anthropic']);
export type PoolFamily = z.infer<typeof poolFamilySchema>;

export function familyOf(dialect: Dialect): DialectFamily {
  return dialectFamilySchema.options.find((family) => dialect.startsWith(family)) ?? 'openai';
}
