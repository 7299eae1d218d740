/** The calls that are measured. */
export interface BenchCall {
  path: string;
  body: string;
}

const chatPath = '/v1/chat/completions';
const kilobyte = 1024;

/** A chat completion whose body has about so many kilobytes. */
export function chatOf(kilobytes: number): BenchCall {
  return {
    path: chatPath,
    body: JSON.stringify({ model: 'bench-model', messages: sayPong(kilobytes * kilobyte - 100) }),
  };
}

export function sayPong(bytes: number): { role: string; content: string }[] {
  const sentence = 'Say "pong", please.\n';
  return [{ role: 'user', content: sentence.repeat(Math.max(1, Math.floor(bytes / (sentence.length + 3)))) }];
}

/** A call that the play-money service answers by itself. */
export const prepaidCall: BenchCall = {
  path: chatPath,
  body: JSON.stringify({ model: 'corvus/echo', max_tokens: 16, messages: [{ role: 'user', content: 'Say pong' }] }),
};

/** The same stream asked for in each dialect. */
export const streams = {
  chat: { path: chatPath, body: JSON.stringify({ model: 'bench-model', stream: true, messages: sayPong(800) }) },
  messages: {
    path: '/v1/messages',
    body: JSON.stringify({ model: 'bench-model', max_tokens: 1_000, stream: true, messages: sayPong(800) }),
  },
  responses: {
    path: '/v1/responses',
    body: JSON.stringify({ model: 'bench-model', stream: true, input: sayPong(800) }),
  },
} satisfies Record<string, BenchCall>;

/** A stream that pauses after its first event, as a model does. */
export const pausingStream: BenchCall = {
  path: chatPath,
  body: JSON.stringify({ model: 'bench-model', stream: true, user: 'pause', messages: sayPong(800) }),
};

/** A stream that sends an event now and then. */
export const slowStream: BenchCall = {
  path: chatPath,
  body: JSON.stringify({ model: 'bench-model', stream: true, user: 'slow', messages: sayPong(800) }),
};

/** Events of a stream that carry text; the few around them differ from dialect to dialect. */
export const eventsOfStream = 200;
