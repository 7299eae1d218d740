/** What the upstream does with a call. `afterEvents` counts the events of its whole answer; a whole reply has none. */
export type Happening =
  | { kind: 'whole-answer' }
  /** Breaks off after so many events and this share of the next one. */
  | { kind: 'cut'; after: number; share: number; how: 'end' | 'reset' }
  | { kind: 'error-status'; status: number }
  | { kind: 'error-in-200' }
  /** A stream of nothing but its end, a reply of nothing but `{}`. */
  | { kind: 'empty' }
  | { kind: 'error-event'; after: number }
  | { kind: 'reset-before-headers' };

/**
 * What the client does: stays to the end, or leaves once it has so much; then the upstream falls silent or continues.
 */
export type Leaving = null | { after: number; upstreamThen: 'silent' | 'goes-on' };

/** What the upstream reports of its usage. */
export type Claim = 'final' | 'none' | 'partial' | 'absurd-output' | 'absurd-input' | 'absurd-searches' | 'malformed';

export type Balance = 'ample' | 'small' | 'just-enough' | 'too-little';

export type EndDialect = 'chat' | 'responses' | 'messages' | 'embeddings';

/** In which members the output comes. */
export type Carrier = 'text' | 'tool' | 'reasoning' | 'refusal';

export interface EndCase {
  number: number;
  dialect: EndDialect;
  isStream: boolean;
  prompt: string;
  maxTokens: number | null;
  carrier: Carrier;
  pieces: readonly string[];
  asksForUsage: boolean;
  happening: Happening;
  leaving: Leaving;
  claim: Claim;
  /** What an upstream that counts well would report. */
  counted: { input: number; cached: number; output: number; reasoning: number };
  balance: Balance;
}

export type Draw = (below: number) => number;

/** A small seeded generator (mulberry32): the same cases every time. */
export function seededDraw(seed: number): Draw {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const claims: readonly Claim[] = [
  'final',
  'final',
  'final',
  'none',
  'none',
  'partial',
  'absurd-output',
  'absurd-input',
  'absurd-searches',
  'malformed',
];
const carriers: readonly Carrier[] = ['text', 'text', 'tool', 'reasoning', 'refusal'];
const balances: readonly Balance[] = ['ample', 'ample', 'ample', 'small', 'small', 'just-enough', 'too-little'];
const dialects: readonly EndDialect[] = [
  'chat',
  'responses',
  'messages',
  'chat',
  'responses',
  'messages',
  'embeddings',
];
/** Statuses that do not take the upstream's credential out of use for the cases that follow. */
const statuses = [400, 404, 413, 422, 500, 502, 503, 529];
/** Events around the output, in every dialect's script. */
const packaging = 4;

/** One random end of a call. */
export function drawCase(number: number, draw: Draw): EndCase {
  const pick = <Item>(items: readonly [Item, ...Item[]] | readonly Item[]): Item => items[draw(items.length)] as Item;
  const dialect = pick(dialects);
  const isStream = dialect !== 'embeddings' && draw(3) > 0;
  const pieces = drawPieces(draw, isStream);
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const prompt = 'word '.repeat(1 + draw(400));
  const tokens = Math.ceil(bytes / 4);
  const output = dialect === 'embeddings' ? 0 : Math.max(1, Math.floor((tokens * (50 + draw(100))) / 100));
  const input = 1 + draw(Math.ceil(prompt.length / 4));
  return {
    number,
    dialect,
    isStream,
    prompt,
    maxTokens: dialect === 'embeddings' || draw(2) === 0 ? null : Math.max(tokens, output) + 16 + draw(300),
    carrier: pick(carriers),
    pieces,
    asksForUsage: draw(2) === 0,
    ...drawEnd(draw, isStream, pieces.length + packaging),
    claim: sayable(pick(claims), dialect, isStream),
    counted: {
      input,
      cached: draw(2) === 0 ? 0 : draw(input),
      output,
      reasoning: draw(3) === 0 ? draw(output + 1) : 0,
    },
    balance: pick(balances),
  };
}

function drawEnd(draw: Draw, isStream: boolean, events: number): Pick<EndCase, 'happening' | 'leaving'> {
  const stays = { leaving: null };
  switch (draw(12)) {
    case 0:
    case 1:
      return {
        happening: { kind: 'cut', after: draw(events), share: draw(50) / 100, how: draw(2) === 0 ? 'end' : 'reset' },
        ...stays,
      };
    case 2:
      return { happening: { kind: 'error-status', status: statuses[draw(statuses.length)] ?? 500 }, ...stays };
    case 3:
      return { happening: { kind: 'error-in-200' }, ...stays };
    case 4:
      return { happening: isStream ? { kind: 'error-event', after: draw(events) } : { kind: 'empty' }, ...stays };
    case 5:
      return { happening: draw(2) === 0 ? { kind: 'empty' } : { kind: 'reset-before-headers' }, ...stays };
    case 6:
    case 7:
    case 8:
      return {
        happening: { kind: 'whole-answer' },
        leaving: { after: draw(events), upstreamThen: draw(2) === 0 ? 'silent' : 'goes-on' },
      };
    // Right behind the last event.
    case 9:
      return { happening: { kind: 'whole-answer' }, leaving: { after: events + 10, upstreamThen: 'goes-on' } };
    default:
      return { happening: { kind: 'whole-answer' }, ...stays };
  }
}

/** Mostly of four bytes' multiples: however their tokens are rounded, the estimate is the same. */
function drawPieces(draw: Draw, isStream: boolean): string[] {
  const isEven = draw(10) > 2;
  const count = isStream ? 1 + draw(24) : 1;
  // Now and then a reply so large that it passes through instead of being held back.
  const isLarge = !isStream && draw(8) === 0;
  return Array.from({ length: count }, () => {
    const size = isLarge ? 600_000 + 4 * draw(5_000) : isStream ? 4 * (1 + draw(40)) : 4 * (1 + draw(900));
    return 'abcdefg '.repeat(Math.ceil(size / 8)).slice(0, isEven ? size : Math.max(1, size - draw(4)));
  });
}

/** Claims that a dialect cannot express become others. */
function sayable(claim: Claim, dialect: EndDialect, isStream: boolean): Claim {
  if (claim === 'absurd-searches' && dialect === 'responses') return 'absurd-output';
  if (dialect === 'embeddings' && claim !== 'final' && claim !== 'none') return 'absurd-input';
  if (claim === 'partial' && (dialect === 'responses' || !isStream)) return 'none';
  return claim;
}
