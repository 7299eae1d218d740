import type { BuiltinTarget } from '#proxy/call.ts';

/** Answers a token count for a model whose provider offers none: a prudent guess, marked as one. */
export const estimateTokens: BuiltinTarget = {
  kind: 'builtin',
  name: 'estimate',
  async answer(call) {
    const body = Buffer.from(JSON.stringify({ input_tokens: call.facts.inputTokenEstimate }));
    return { status: 200, headers: { 'content-type': 'application/json', 'x-token-count': 'estimated' }, body: once(body) };
  },
};

async function* once(body: Buffer): AsyncGenerator<Buffer> {
  yield body;
}
