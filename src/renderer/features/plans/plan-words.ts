import type { Plan, PlanMode, RoutingRule } from '#shared/domain/routing.ts';

export const modeWords: Readonly<Record<PlanMode, { name: string; does: string }>> = {
  mesh: { name: 'Fall back', does: 'Tries the models in order until one succeeds.' },
  auto: { name: 'Cheapest', does: 'Tries the cheapest model that fits the request first.' },
  compare: { name: 'Compare', does: 'All models answer, side by side, each with its cost.' },
  blend: { name: 'Blend', does: 'All models answer; the arbiter combines the answers.' },
  judge: { name: 'Judge', does: 'All models answer; the arbiter picks the best.' },
};

export const billingWords: Readonly<Record<Plan['onBillingError'], string>> = {
  off: 'Stop',
  ask: 'Stop and say how to allow it',
  on: 'Try the next model',
};

export const ceilingWords: Readonly<Record<Plan['priceCeiling'], string>> = {
  'same-or-cheaper': 'No more than the first model',
  any: 'Any price',
};

/** When a rule applies, as a person would say it. */
export function ruleText({ model, hasTools, minInputTokens, maxInputTokens, hours }: RoutingRule): string {
  const parts = [
    model === '*' ? 'any model' : `models matching ${model}`,
    hasTools === null ? null : hasTools ? 'with tools' : 'without tools',
    minInputTokens === null ? null : `from ${minInputTokens.toLocaleString('en')} tokens`,
    maxInputTokens === null ? null : `up to ${maxInputTokens.toLocaleString('en')} tokens`,
    hours === null ? null : `from ${hours.from}:00 to ${hours.to}:00`,
  ];
  return parts.filter(Boolean).join(', ');
}
