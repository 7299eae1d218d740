import { parseJson } from '#shared/dialects/json-value.ts';
import { readSseDataOfText } from '#shared/dialects/sse.ts';
import type { Framing } from '../call.ts';

export const framingTypes: Readonly<Record<Framing, string>> = {
  lines: 'application/x-ndjson',
  list: 'application/json',
};

/** White space is allowed before any object. */
export const framedPing = ' ';

/** Writes events in another frame. Their data stay as they are. */
export interface Frame {
  /** @param events each whole, with its blank line */
  take(events: readonly Buffer[]): Buffer[];
  /** What closes the stream. */
  end(): Buffer[];
}

const eventsAsTheyAre: Frame = { take: (events) => [...events], end: () => [] };

/** @param framing undefined: the events stay server-sent events */
export function createFrame(framing: Framing | undefined): Frame {
  if (framing === undefined) return eventsAsTheyAre;
  let hasBegun = false;

  function before(): string {
    if (framing === 'lines') return '';
    const text = hasBegun ? ',\r\n' : '[';
    hasBegun = true;
    return text;
  }

  return {
    take: (events) =>
      events.flatMap((event) => {
        const text = event.toString('utf8');
        const data = readSseDataOfText(text);
        // What a stream breaks off in the middle of is no object.
        if (data === '' || (!/[\r\n]$/.test(text) && parseJson(data) === undefined)) return [];
        return [Buffer.from(`${before()}${data}${framing === 'lines' ? '\n' : ''}`)];
      }),
    end: () => (framing === 'list' ? [Buffer.from(hasBegun ? ']' : '[]')] : []),
  };
}

/** The text of a whole stream in another frame. */
export function reframed(text: string, framing: Framing | undefined): Buffer {
  const frame = createFrame(framing);
  return Buffer.concat([...frame.take(eventsOf(text)), ...frame.end()]);
}

/** Text of several events, one piece each. */
export function eventsOf(text: string): Buffer[] {
  return text.split(/(?<=\n\n)/).flatMap((event) => (event === '' ? [] : [Buffer.from(event)]));
}
