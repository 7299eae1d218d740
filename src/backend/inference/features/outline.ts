import { requestLimits } from '#proxy/body/json-walk.ts';
import { parseWithTexts } from '#proxy/body/parse-in-turns.ts';
import { workedOnAtOnceUpToBytes } from '#proxy/turns/in-turns.ts';
import { CorvusError } from '#shared/errors.ts';

/** All names and values that matter are shorter. */
const longestBytes = 48;
const prefixBytes = 24;
const quote = 0x22;
const backslash = 0x5c;

/**
 * A JSON body with its long strings cut to their beginning: small enough to be parsed at once, however large the body
 * is. The beginning of a string shows what it refers to. Escapes in the rest of a cut string are dropped, so it may
 * read differently but never as another kind. Throws `invalid_json`.
 */
export function outlineOf(body: Buffer): unknown {
  const pieces: string[] = [];
  let from = 0;
  for (let start = body.indexOf(quote); start !== -1;) {
    const end = endOfString(body, start);
    if (end - start > longestBytes) {
      pieces.push(body.toString('utf8', from, start), JSON.stringify(beginningOf(body, start + 1)));
      from = end;
    }
    start = body.indexOf(quote, end);
  }
  pieces.push(body.toString('utf8', from));
  try {
    return JSON.parse(pieces.join(''));
  } catch (error) {
    throw new CorvusError('invalid_json', undefined, {}, error);
  }
}

/** The same; a large body yields to other work in between. Throws `invalid_json`, `json_too_complex`. */
export async function outlineInTurns(body: Buffer): Promise<unknown> {
  if (body.length <= workedOnAtOnceUpToBytes) return outlineOf(body);
  return parseWithTexts(body, requestLimits, (start, end) =>
    end - start > longestBytes ? beginningOf(body, start + 1) : String(JSON.parse(body.toString('utf8', start, end))),
  );
}

/** Index just behind the closing quote of the string that opens at `start`. */
function endOfString(body: Buffer, start: number): number {
  for (let end = body.indexOf(quote, start + 1); end !== -1; end = body.indexOf(quote, end + 1)) {
    let slashes = 0;
    while (body[end - 1 - slashes] === backslash) slashes += 1;
    if (slashes % 2 === 0) return end + 1;
  }
  throw new CorvusError('invalid_json');
}

function beginningOf(body: Buffer, start: number): string {
  return body.toString('latin1', start, start + prefixBytes).replaceAll('\\', '');
}
