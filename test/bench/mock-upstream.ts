import { createServer } from 'node:http';

/**
 * The cheapest upstream that still answers like one: a fixed reply, or a stream of 200 events with text in either
 * dialect. For the user `slow` it sends an event now and then; for the user `pause` the first one, and the rest a
 * moment later. Prints its port.
 */
const reply = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 1,
    model: 'bench-model',
    choices: [{ index: 0, message: { role: 'assistant', content: 'pong '.repeat(60) }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 20, completion_tokens: 60, total_tokens: 80 },
  }),
);
const chunks = Array.from({ length: 200 }, (_, index) => {
  const delta = { content: `word${index} ` };
  const chunk = {
    id: 'chatcmpl-bench',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'bench-model',
    choices: [{ index: 0, delta, finish_reason: null }],
  };
  return Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`);
});
const ending = Buffer.from(
  `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1, model: 'bench-model', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })}\n\n` +
    `data: ${JSON.stringify({ id: 'chatcmpl-bench', object: 'chat.completion.chunk', created: 1, model: 'bench-model', choices: [], usage: { prompt_tokens: 20, completion_tokens: 200, total_tokens: 220 } })}\n\n` +
    'data: [DONE]\n\n',
);

const event = (value: { type: string; [name: string]: unknown }): Buffer =>
  Buffer.from(`event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`);
const message = {
  id: 'msg_bench',
  type: 'message',
  role: 'assistant',
  model: 'bench-model',
  content: [],
  stop_reason: null,
};
const messageStream = [
  event({ type: 'message_start', message: { ...message, usage: { input_tokens: 20, output_tokens: 1 } } }),
  event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  ...chunks.map((_, index) =>
    event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: `word${index} ` } }),
  ),
];
const messageEnding = Buffer.concat([
  event({ type: 'content_block_stop', index: 0 }),
  event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 200 } }),
  event({ type: 'message_stop' }),
]);

const slowEventMs = 250;
/** So long that every reader has the first event, and waits. */
const pauseMs = 15;

const server = createServer((request, response) => {
  let isStream = false;
  let isSlow = false;
  let pauses = false;
  request.on('data', (chunk: Buffer) => {
    isStream ||= chunk.includes('"stream":true');
    isSlow ||= chunk.includes('"user":"slow"');
    pauses ||= chunk.includes('"user":"pause"');
  });
  request.on('end', () => {
    if (!isStream) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': reply.length });
      response.end(reply);
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const [pieces, last] = request.url === '/v1/messages' ? [messageStream, messageEnding] : [chunks, ending];
    let index = 0;
    const next = () => {
      const chunk = pieces[index];
      index += 1;
      if (!chunk) return void response.end(last);
      response.write(chunk);
      if (isSlow) setTimeout(next, slowEventMs);
      else if (pauses && index === 1) setTimeout(next, pauseMs);
      else setImmediate(next);
    };
    next();
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address) process.stdout.write(`${address.port}\n`);
});
