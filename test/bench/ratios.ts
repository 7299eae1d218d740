import committed from './ratios.json' with { type: 'json' };

/** What is measured, beside the same of the bare pipe, of a stream that is passed on as it is, or of an empty Node. */
export type Ratios = Readonly<Record<keyof typeof committed, number>>;

/** Runs on a quiet machine differ by less. */
const noise = 1.25;
/** Of these a larger ratio is the better one. */
const moreIsBetter: ReadonlySet<string> = new Set([
  'calls a second',
  'events a second',
  ...Object.keys(committed).filter((name) => name.includes(' from ')),
]);

/** Each ratio that is worse than the committed one, beyond noise, with both. What was not measured is left out. */
export function worseThanCommitted(ratios: Ratios): Map<string, string> {
  const measured: Readonly<Record<string, number>> = ratios;
  const worse = new Map<string, string>();
  for (const [name, before] of Object.entries(committed)) {
    const now = measured[name] ?? Number.NaN;
    const isWorse = moreIsBetter.has(name) ? now < before / noise : now > before * noise;
    if (isWorse) worse.set(name, `${name}: ${now.toFixed(2)}, committed ${before.toFixed(2)}`);
  }
  return worse;
}
