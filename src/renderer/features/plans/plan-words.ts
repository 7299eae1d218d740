import type { Plan, PlanMode, RoutingRule } from '#shared/domain/routing.ts';

export const modeWords: Readonly<Record<PlanMode, { name: string; does: string }>> = {
  mesh: { name: 'Fall back', does: 'The first that can, answers. The next is asked when one fails.' },
  auto: { name: 'Cheapest', does: 'The cheapest that has room for the request is asked first.' },
  compare: { name: 'Compare', does: 'All answer, side by side, each with its cost.' },
  blend: { name: 'Blend', does: 'All answer; the arbiter makes one answer of them.' },
  judge: { name: 'Judge', does: 'All answer; the arbiter scores them, and the best is shown.' },
};

export const billingWords: Readonly<Record<Plan['onBillingError'], string>> = {
  off: 'Stop there',
  ask: 'Stop there, and tell me',
  on: 'Ask the next model',
};

export const ceilingWords: Readonly<Record<Plan['priceCeiling'], string>> = {
  'same-or-cheaper': 'Only models that cost no more than the first',
  any: 'Any model of the list',
};

export function hasArbiter(mode: PlanMode): boolean {
  return mode === 'blend' || mode === 'judge';
}

/** When a rule applies, as a person would say it. */
export function ruleText({ model, hasTools, minInputTokens, maxInputTokens, hours }: RoutingRule): string {
  const parts = [
    model === '*' ? 'any model' : `a model like ${model}`,
    hasTools === null ? null : hasTools ? 'with tools' : 'without tools',
    minInputTokens === null ? null : `from ${minInputTokens.toLocaleString('en')} tokens`,
    maxInputTokens === null ? null : `up to ${maxInputTokens.toLocaleString('en')} tokens`,
    hours === null ? null : `from ${hours.from}:00 to ${hours.to}:00`,
  ];
  return parts.filter(Boolean).join(', ');
}
