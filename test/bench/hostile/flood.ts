import { Socket } from 'node:net';
import { setPriority } from 'node:os';

/** Floods each connection that it is given with a long stream of events, at the pace at which it is taken. */
const chunk = JSON.stringify({
  id: 'chatcmpl-bench',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'bench-model',
  choices: [{ index: 0, delta: { content: 'x '.repeat(500) }, finish_reason: null }],
});
const eventsAtOnce = 50;
const floodEvents = 20_000;
const nicest = 19;

const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n';
const inChunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const events = Buffer.from(inChunk(`data: ${chunk}\n\n`).repeat(eventsAtOnce));
const end = `${inChunk('data: [DONE]\n\n')}0\r\n\r\n`;

// What floods does not take the processor from what is measured.
setPriority(nicest);
process.on('message', (_message, socket) => {
  if (socket instanceof Socket) flood(socket);
});
process.on('disconnect', () => process.exit(0));

function flood(socket: Socket): void {
  let left = floodEvents / eventsAtOnce;
  const go = (): void => {
    for (; left > 0 && !socket.destroyed; left -= 1) if (!socket.write(events)) return void socket.once('drain', go);
    socket.end(end);
  };
  socket.on('error', () => socket.destroy());
  socket.write(head);
  go();
}
