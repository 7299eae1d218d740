import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';

/**
 * An upstream that answers at once, floods, or never answers, as the prompt asks. Prints its port. Floods come from a
 * process of their own: a provider's machines do not let a small call wait for others' streams, and the wait would be
 * counted as the measured program's.
 */
const reply = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion',
  created: 1,
  model: 'bench-model',
  choices: [{ index: 0, message: { role: 'assistant', content: 'pong' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 20, completion_tokens: 1, total_tokens: 21 },
});
const longestPrompt = 4_096;

const floods = fork(join(import.meta.dirname, 'flood.ts'));
const server = createServer((request, response) => {
  let head = '';
  request.on('data', (bytes: Buffer) => {
    if (head.length < longestPrompt) head += bytes.toString('latin1', 0, longestPrompt);
  });
  request.on('end', () => {
    if (head.includes('"never"')) return;
    if (head.includes('"flood"')) return void floods.send('flood', request.socket);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(reply);
  });
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address) process.stdout.write(`${address.port}\n`);
});
