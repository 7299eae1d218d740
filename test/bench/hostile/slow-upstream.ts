import { createServer, type ServerResponse } from 'node:http';

/** An upstream that answers at once, floods, or never answers, as the prompt asks. Prints its port. */
const reply = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  created: 1,
  model: 'bench-model',
  choices: [{ index: 0, message: { role: 'assistant', content: 'pong' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 20, completion_tokens: 1, total_tokens: 21 },
});
const chunk = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'bench-model',
  choices: [{ index: 0, delta: { content: 'x '.repeat(500) }, finish_reason: null }],
});
const floodEvents = 20_000;
const longestPrompt = 4_096;

const server = createServer((request, response) => {
  let head = '';
  request.on('data', (bytes: Buffer) => {
    if (head.length < longestPrompt) head += bytes.toString('latin1', 0, longestPrompt);
  });
  request.on('end', () => {
    if (head.includes('"never"')) return;
    if (head.includes('"flood"')) return flood(response);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(reply);
  });
});

/** At the pace at which it is taken. */
function flood(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  let left = floodEvents;
  const go = (): void => {
    for (; left > 0 && !response.destroyed; left -= 1)
      if (!response.write(`data: ${chunk}\n\n`)) return void response.once('drain', go);
    response.end('data: [DONE]\n\n');
  };
  go();
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address) process.stdout.write(`${address.port}\n`);
});
