import { connect } from 'node:net';

export interface RawAnswer {
  /** Everything that came back. */
  text: string;
  /** The statuses of all answers in it, in order. */
  statuses: number[];
  /** The other side closed the connection. */
  isClosed: boolean;
}

/** Long enough for an answer on a busy machine; only what never answers, or keeps the connection, waits for it. */
const longestWaitMs = 8_000;

/**
 * Sends bytes as they are, and gathers what comes back until the other side closes, or `isEnough`.
 * @param text one character a byte
 */
export function exchange(
  port: number,
  text: string | Buffer,
  isEnough: (answer: string) => boolean = () => false,
): Promise<RawAnswer> {
  return new Promise((resolve) => {
    let answer = '';
    let isClosed = false;
    const socket = connect({ port, host: '127.0.0.1' }, () =>
      socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text),
    );
    const finish = (): void => {
      socket.destroy();
      resolve({
        text: answer,
        statuses: [...answer.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => Number(status)),
        isClosed,
      });
    };
    socket.setTimeout(longestWaitMs, finish);
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (isEnough(answer)) finish();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      isClosed = true;
      finish();
    });
  });
}

/** A request whose head and body are exactly these. */
export function raw(lines: readonly string[], body = ''): string {
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

/** The stable code in a refusal's envelope; the empty text where there is none. */
export function codeOf(answer: string): string {
  return /"code":"([a-z_]+)"/.exec(answer)?.[1] ?? '';
}
