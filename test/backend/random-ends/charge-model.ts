import catalogue from '../../../resources/price-catalogue.json' with { type: 'json' };
import type { EndCase } from './draw-case.ts';

/*
 * What a call has to be charged, by the rules that docs/billing.md states, written apart from the service: nothing of its metering is
 * imported here, only prices are read. What the client received and what the upstream had said when it was over is taken as seen.
 */

/** What was seen at both ends of one call. */
export interface Seen {
  /** Bytes of the request's body. */
  bodyBytes: number;
  /** What reached the client of a successful answer, to the byte. */
  received: string;
  status: number | null;
  /** Of a whole reply that the client did not get to its end: how much the upstream had sent. */
  sentBytes: number;
  /**
   * The upstream had sent its last usage before either side broke off. `perhaps`: it sent it while the client was
   * leaving.
   */
  finalUsage: 'said' | 'perhaps' | 'not said';
  /** The upstream went on while the client was leaving: more than the client received may have been relayed. */
  mayHaveRelayedMore: boolean;
}

/** Amounts in nano-dollars. Least and most differ only where a token's rounding, or a race, makes them. */
export interface Expected {
  ranges: { least: bigint; most: bigint }[];
}

interface Prices {
  input: bigint;
  cached: bigint;
  output: bigint;
}

interface Range {
  least: number;
  most: number;
}

export const modelOf = (dialect: EndCase['dialect']): string =>
  dialect === 'messages' ? 'claude-haiku-4-5' : dialect === 'embeddings' ? 'text-embedding-3-small' : 'gpt-5-nano';

/** Nano-dollars a token; the models of these cases have whole ones. */
export function pricesOf(dialect: EndCase['dialect']): Prices {
  const slug = modelOf(dialect);
  const model = catalogue.models.find((candidate) => candidate.slug === slug);
  if (!model) throw new Error(`no price for ${slug}`);
  const nano = (usdPerMillion: string): bigint => BigInt(Math.round(Number(usdPerMillion) * 1000));
  const { input, output, cacheRead = input } = model.prices;
  return { input: nano(input), cached: nano(cacheRead), output: nano(output) };
}

const bytesPerInputToken = 3;
const bytesPerOutputToken = 4;
/** Events that open a part carry a name and an id, which may or may not be counted as output. */
const packagingTokens = 12;

export function inputEstimate(bodyBytes: number): number {
  return Math.ceil(bodyBytes / bytesPerInputToken);
}

/** Before the balance and the hold cut it. */
export function expectedCharge(end: EndCase, seen: Seen): Expected {
  if (end.balance === 'too-little') return { ranges: [nothing] };
  const { kind } = end.happening;
  if (kind === 'error-status' || kind === 'error-in-200' || kind === 'empty' || kind === 'reset-before-headers')
    return { ranges: [nothing] };
  const isBelieved = end.claim === 'final' || (end.claim === 'partial' && end.dialect === 'chat');
  const reported = isBelieved ? [finalCost(end)] : [];
  if (seen.finalUsage === 'said' && reported.length > 0) return { ranges: reported };
  const estimated = end.isStream ? streamEstimate(end, seen) : wholeEstimate(end, seen);
  return { ranges: seen.finalUsage === 'perhaps' ? [...reported, ...estimated] : estimated };
}

const nothing = { least: 0n, most: 0n };

/** The upstream's own count for the whole answer: exactly that. */
function finalCost({ dialect, counted }: EndCase): { least: bigint; most: bigint } {
  const { input, cached, output } = pricesOf(dialect);
  const cost =
    BigInt(counted.input - counted.cached) * input + BigInt(counted.cached) * cached + BigInt(counted.output) * output;
  return { least: cost, most: cost };
}

/** Output was relayed without a last usage: input and relayed output, estimated. Nothing relayed: nothing. */
function streamEstimate(end: EndCase, seen: Seen): Expected['ranges'] {
  const relayed = relayedTokens(end, seen.received);
  const all = seen.mayHaveRelayedMore
    ? end.pieces.reduce((sum, piece) => sum + Math.ceil(piece.length / bytesPerOutputToken), 0)
    : 0;
  // Whether an event that was cut in its middle counts is not specified.
  const half =
    end.happening.kind === 'cut'
      ? Math.ceil(Math.max(...end.pieces.map((piece) => piece.length)) / bytesPerOutputToken)
      : 0;
  const most = Math.max(relayed.most, all) + half;
  // What a tool is called stands in the event before its arguments, and may count as output.
  const mayBeNamed = end.carrier === 'tool' && seen.received !== '';
  if (most === 0) return mayBeNamed ? [nothing, costOf(end, seen, { least: 0, most: packagingTokens })] : [nothing];
  const range = costOf(end, seen, { least: relayed.least, most: most + packagingTokens });
  return relayed.least === 0 ? [nothing, range] : [range];
}

function wholeEstimate(end: EndCase, seen: Seen): Expected['ranges'] {
  const text = end.pieces.reduce((sum, piece) => sum + piece.length, 0);
  const isWhole = end.happening.kind === 'whole-answer' && end.leaving === null;
  if (isWhole) {
    const tokens = end.dialect === 'embeddings' ? 0 : Math.ceil(text / bytesPerOutputToken);
    // Of one that is too large to be kept, only its length is known.
    const most =
      tokens === 0 ? 0 : text > 200_000 ? Math.ceil(text / bytesPerOutputToken) + 200 : tokens + packagingTokens;
    return [costOf(end, seen, { least: tokens, most })];
  }
  const most =
    end.dialect === 'embeddings'
      ? 0
      : Math.ceil((seen.mayHaveRelayedMore ? text + 1_000 : seen.sentBytes) / bytesPerOutputToken);
  const delivered = costOf(end, seen, { least: Math.min(1, most), most });
  // Half of a reply that was kept back is useless: nothing was relayed.
  if (seen.received.length === 0) return seen.mayHaveRelayedMore ? [nothing, delivered] : [nothing];
  return [delivered];
}

function costOf(
  { dialect, claim, counted, isStream }: EndCase,
  { bodyBytes }: Seen,
  output: Range,
): { least: bigint; most: bigint } {
  const prices = pricesOf(dialect);
  const estimated = BigInt(inputEstimate(bodyBytes)) * prices.input;
  const reported = BigInt(counted.input - counted.cached) * prices.input + BigInt(counted.cached) * prices.cached;
  // Messages report their input at the start, and some chat upstreams all along: reported counts are not estimated.
  const mayBeReported = isStream && (dialect === 'messages' ? claim !== 'none' : claim === 'partial');
  const inputs = mayBeReported ? [reported, reported + BigInt(counted.cached) * prices.input, estimated] : [estimated];
  const isSure = mayBeReported && dialect === 'messages' && (claim === 'final' || claim === 'partial');
  // An upstream whose output count cannot be read may still have reported its input.
  const input = isSure ? [reported] : claim === 'malformed' ? [reported, estimated] : inputs;
  const least = input.reduce((one, other) => (one < other ? one : other));
  const most = input.reduce((one, other) => (one > other ? one : other));
  return { least: least + BigInt(output.least) * prices.output, most: most + BigInt(output.most) * prices.output };
}

/**
 * The rule of the estimate: a token for every four bytes of what the events carry, rounded up for the sum at least and
 * each event at most.
 */
function relayedTokens(end: Pick<EndCase, 'dialect'>, received: string): Range {
  const texts = received.split('\n\n').flatMap((event) => outputOf(end.dialect, dataOf(event)));
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return {
    least: Math.ceil(bytes / bytesPerOutputToken),
    most: texts.reduce((sum, text) => sum + Math.ceil(Buffer.byteLength(text) / bytesPerOutputToken), 0),
  };
}

type Json = Record<string, unknown>;

function dataOf(event: string): Json {
  const data = event
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length))
    .join('');
  try {
    return objectOf(JSON.parse(data));
  } catch {
    return {};
  }
}

const objectOf = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const textsOf = (values: readonly unknown[]): string[] =>
  values.filter((value) => typeof value === 'string' && value !== '') as string[];

/** The members of each dialect's events that carry output. Repeated output does not count. */
function outputOf(dialect: EndCase['dialect'], event: Json): string[] {
  if (dialect === 'responses') return String(event['type']).endsWith('.delta') ? textsOf([event['delta']]) : [];
  const delta = objectOf(event['delta']);
  if (dialect === 'messages') {
    return event['type'] === 'content_block_delta'
      ? textsOf([delta['text'], delta['thinking'], delta['partial_json']])
      : [];
  }
  return listOf(event['choices']).flatMap((choice) => {
    const said = objectOf(objectOf(choice)['delta']);
    const calls = listOf(said['tool_calls']).map((call) => objectOf(objectOf(call)['function'])['arguments']);
    return textsOf([said['content'], said['reasoning_content'], said['refusal'], ...calls]);
  });
}
