/** A key as providers make them, of which no part is a word. */
export const canary = 'sk-proj-Zq8vT1xYb3NfLk5Jp7Rw9Uc2Hd4Gm6Sa0Ei8Oq1Xz';
/** Parts that are useless to an attacker and that a mask may leave. */
export const longestHarmless = 15;
const base64 = Buffer.from(`Bearer ${canary}`).toString('base64');
const percent = [...canary].map((character) => `%${character.charCodeAt(0).toString(16)}`).join('');
const json = (body: unknown) => JSON.stringify(body);
const said = `Incorrect API key provided: ${canary} (${base64}; ${percent}).`;
const apiError = json({ error: { message: said, type: canary, code: canary, param: base64 } });
const page = `<html><title>${canary}</title><pre>Authorization: Bearer ${canary}\n${percent}</pre></html>`;
const completion = json({
  id: canary,
  object: 'chat.completion',
  model: `model-${canary}`,
  system_fingerprint: base64,
  choices: [{ index: 0, message: { role: 'assistant', content: said }, finish_reason: canary }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});
const chunk = (content: string, finish: string | null) =>
  `data: ${json({ id: canary, model: canary, choices: [{ index: 0, delta: { content }, finish_reason: finish }] })}\n\n`;
const stream = `: ${canary}\n\n${chunk(said, null)}event: ${canary}\n${chunk('', canary)}data: [DONE]\n\n`;

function answer(status: string, type: string, body: string, extra: readonly string[] = []): string {
  const headers = [
    `content-type: ${type}`,
    `x-debug-key: ${canary}`,
    `X-DEBUG-AUTH: Bearer ${canary.toUpperCase()}`,
    `x-${canary}: 1`,
  ];
  const rest = [`x-request-id: ${canary}`, `set-cookie: k=${canary}`, `server: ${base64}`, ...extra];
  return [
    `HTTP/1.1 ${status}`,
    ...headers,
    ...rest,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}

const trailers = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\ntrailer: x-key\r\n\r\n${Buffer.byteLength(completion).toString(16)};k=${canary}\r\n${completion}\r\n0\r\nx-key: ${canary}\r\n\r\n`;

/** Every place in which an answer could hold the key that it was asked with. */
export const echoingAnswers: Readonly<Record<string, string>> = {
  'success, whole': answer('200 OK', 'application/json', completion),
  'success, streamed': answer('200 OK', 'text/event-stream', stream),
  'a stream that breaks off': answer('200 OK', 'text/event-stream', stream).slice(0, -30),
  'a whole answer that breaks off': answer('200 OK', 'application/json', completion).slice(0, -30),
  'an error in a stream': answer('200 OK', 'text/event-stream', `data: ${apiError}\n\n`),
  'an error in a success': answer('200 OK', 'application/json', apiError),
  'bad request': answer('400 Bad Request', 'application/json', apiError),
  'bad request, text': answer('400 Bad Request', 'text/plain', said),
  'bad request, page': answer('400 Bad Request', 'text/html', page),
  'bad request, its type': answer('400 Bad Request', `text/${canary}; x=${canary}`, said),
  'status text': answer(`400 ${canary}`, 'application/json', apiError),
  unauthorized: answer('401 Unauthorized', 'application/json', apiError, [
    `www-authenticate: Bearer error="${canary}"`,
  ]),
  'payment required': answer('402 Payment Required', 'application/json', apiError),
  'not found': answer('404 Not Found', 'application/json', apiError),
  unprocessable: answer(
    '422 Unprocessable',
    'application/json',
    json({ detail: [{ loc: ['header', canary], msg: said, input: canary }] }),
  ),
  'too many': answer('429 Too Many', 'application/json', apiError, [`retry-after: ${canary}`]),
  'server error': answer('500 Oops', 'application/json', apiError),
  'server error, page': answer('502 Bad Gateway', 'text/html', page),
  redirect: answer('302 Found', 'text/html', page, [`location: https://example.com/?key=${canary}`]),
  'redirect, kept method': answer('307 Temporary', 'application/json', apiError, [`location: /${canary}`]),
  'switching protocols': `HTTP/1.1 101 Switching Protocols\r\nupgrade: ${canary}\r\nconnection: upgrade\r\n\r\n${canary}`,
  'early hints': `HTTP/1.1 103 Early Hints\r\nlink: <${canary}>\r\n\r\n${answer('200 OK', 'application/json', completion)}`,
  'no HTTP': `${canary}\r\n\r\n${canary}`,
  'a broken header': `HTTP/1.1 200 OK\r\n${canary}\r\n\r\n${canary}`,
  'a broken chunk': `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${canary}\r\n`,
  'an unknown encoding': answer('200 OK', 'application/json', completion, [`content-encoding: ${canary}`]),
  'a wrong encoding': answer('200 OK', 'application/json', completion, ['content-encoding: gzip']),
  trailers,
};

/** The longest part of the canary, in any form it was sent in, that a text still holds. */
export function longestLeak(text: string): number {
  const lower = text.toLowerCase();
  let longest = 0;
  for (const form of [canary, base64.slice(12), percent, encodeURIComponent(base64).slice(16)].map((form) =>
    form.toLowerCase(),
  )) {
    const unit = form === percent.toLowerCase() ? 3 : 1;
    for (let start = 0; start < form.length; start += 1)
      while (
        start + (longest + 1) * unit <= form.length &&
        lower.includes(form.slice(start, start + (longest + 1) * unit))
      )
        longest += 1;
  }
  return longest;
}
