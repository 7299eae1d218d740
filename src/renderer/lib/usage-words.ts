import type { LocalKey } from '#shared/domain/local-key.ts';
import { parseUsd } from '#shared/money.ts';
import type { UsageDimension, UsageMeasure, UsageSums } from '#shared/contract/usage.ts';
import { unset } from '#shared/contract/no-filter.ts';
import { exactUsd, shortUsd } from './format-money.ts';
import { countText, durationText, tokensText } from './format-number.ts';
import type { Lane } from '#shared/account/request.ts';

export const laneNames: Readonly<Record<Lane, string>> = { prepaid: 'Prepaid', byok: 'Your API key', local: 'Local' };

export const dimensionNames: Readonly<Record<UsageDimension, string>> = {
  tool: 'Tool',
  model: 'Model',
  provider: 'Provider',
  lane: 'Lane',
  project: 'Project',
  session: 'Session',
  localKeyId: 'Key',
};

/** What a value of a dimension is called. */
export function valueName(by: UsageDimension, value: string, keys: readonly LocalKey[]): string {
  if (value === unset)
    return by === 'lane' ? 'Not routed' : by === 'localKeyId' ? 'No key' : `No ${dimensionNames[by].toLowerCase()}`;
  if (by === 'lane') return new Map<string, string>(Object.entries(laneNames)).get(value) ?? value;
  if (by === 'localKeyId') return keys.find(({ id }) => id === value)?.label ?? value;
  return by === 'provider' && value === 'account' ? 'Prepaid account' : value;
}

/** What can be shown of sums. */
export type ShownMeasure = UsageMeasure | 'cached' | 'cacheSaved' | 'cacheLost' | 'firstByte' | 'duration' | 'unpriced';

export const measureNames: Readonly<Record<ShownMeasure, string>> = {
  cost: 'Cost',
  requests: 'Requests',
  tokens: 'Tokens',
  failures: 'Not answered',
  cached: 'From cache',
  cacheSaved: 'Saved',
  cacheLost: 'Lost',
  firstByte: 'First byte',
  duration: 'Duration',
  unpriced: 'Unknown cost',
};

/** A measure in short, for a column, and exactly; null: there is none. */
export function measureTexts(sums: UsageSums, measure: ShownMeasure): { short: string; exact: string } | null {
  switch (measure) {
    case 'cost':
    case 'cacheSaved':
    case 'cacheLost': {
      const amount = parseUsd(sums[measure]);
      return amount === null ? null : { short: shortUsd(amount), exact: exactUsd(amount) };
    }
    case 'tokens':
      return counted(sums.inputTokens + sums.outputTokens, tokensText);
    case 'requests':
    case 'failures':
    case 'unpriced':
      return counted(sums[measure], countText);
    case 'cached':
      return cachedTexts(sums);
    case 'firstByte':
      return sums.firstByteMs === null ? null : timed(sums.firstByteMs);
    case 'duration':
      return sums.totalMs === null ? null : timed(sums.totalMs);
  }
}

function counted(count: number, short: (count: number) => string): { short: string; exact: string } {
  return { short: short(count), exact: countText(count) };
}

function timed(ms: number): { short: string; exact: string } {
  return { short: durationText(ms), exact: `${durationText(ms)} on average` };
}

/** The part of the input that came from a prompt cache. */
function cachedTexts({ cachedTokens, inputTokens }: UsageSums): { short: string; exact: string } | null {
  if (inputTokens === 0) return null;
  return {
    short: `${Math.round((100 * cachedTokens) / inputTokens)} %`,
    exact: `${countText(cachedTokens)} of ${countText(inputTokens)} input tokens`,
  };
}

/** For drawing only: a float has too few digits for money. */
export function sizeOf(
  part: { cost: string; requests: number; tokens: number; failures: number },
  measure: UsageMeasure,
): number {
  return measure === 'cost' ? Number(parseUsd(part.cost) ?? 0n) / 1e9 : part[measure];
}
