import { createJsonWalk, type JsonLimits } from './json-walk.ts';
import type { JsonSpan } from './json-span.ts';

/** The size of an event that is only a chunk of an answer. */
const eventLimits: JsonLimits = { depth: 64, names: 10_000, nameBytes: 4096, values: 10_000, scalars: 10_000 };

/** Where the value of a top-level member stands; null when there is none, or the text is no JSON object. */
export function findMember(json: Buffer, wanted: string): JsonSpan | null {
  let found: JsonSpan | null = null;
  let depth = 0;
  let isWanted = false;
  let openedAt = 0;
  const end = (start: number, stop: number) => {
    if (depth === 1 && isWanted) found = { start, end: stop };
  };
  const walk = createJsonWalk(
    json,
    {
      open(start) {
        if (depth === 1) openedAt = start;
        depth += 1;
      },
      close(stop) {
        depth -= 1;
        end(openedAt, stop);
      },
      name(start, stop) {
        if (depth === 1)
          isWanted = stop - start === wanted.length + 2 && json.toString('latin1', start + 1, stop - 1) === wanted;
      },
      text: end,
      scalar: end,
    },
    eventLimits,
  );
  try {
    walk.step(Number.POSITIVE_INFINITY);
    return found;
  } catch {
    return null;
  }
}
