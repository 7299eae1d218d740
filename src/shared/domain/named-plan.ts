import { type Plan, type PlanMode, planModes } from './routing.ts';

const pattern = new RegExp(`^corvus/(${planModes.join('|')}):(.+)$`);

/**
 * The plan that a name spells out: `corvus/compare:gpt-5,claude-opus-4-5`. For `blend` and `judge` the last model is
 * the arbiter. null: the name spells out no plan.
 */
export function readNamedPlan(name: string): Plan | null {
  const match = pattern.exec(name);
  const mode = planModes.find((candidate) => candidate === match?.[1]);
  if (!match?.[2] || !mode) return null;
  const candidates = match[2]
    .split(',')
    .flatMap((model) => (model.trim() === '' ? [] : [{ model: model.trim(), route: 'auto' }]));
  const arbiter = needsArbiter(mode) ? (candidates.pop() ?? null) : null;
  return candidates.length === 0
    ? null
    : { name, mode, candidates, arbiter, priceCeiling: 'any', onBillingError: 'on' };
}

/** The name that spells a plan out, for endpoints whose requests list the models. */
export function planName(mode: PlanMode, models: readonly string[], arbiter: string | null): string {
  return `corvus/${mode}:${[...models, ...(arbiter === null ? [] : [arbiter])].join(',')}`;
}

export function needsArbiter(mode: PlanMode): boolean {
  return mode === 'blend' || mode === 'judge';
}

/** Modes in which several models answer one request. */
export function asksSeveral(mode: PlanMode): boolean {
  return mode === 'compare' || needsArbiter(mode);
}
