import type { Plan, Routing, RoutingRule } from '#shared/domain/routing.ts';
import { planModes } from '#shared/domain/routing.ts';
import { Card } from '../../../src/renderer/components/card.tsx';
import { PlanList } from '../../../src/renderer/features/plans/plan-list.tsx';
import { RulesCard } from '../../../src/renderer/features/plans/rules-card.tsx';
import { entry, type Group } from '../entry.ts';
import { longText } from '../samples.ts';

const candidates = ['gpt-5.5', 'claude-haiku-4-5', longText].map((model) => ({ model, route: 'auto' }));
const plan = (mode: Plan['mode']): Plan => ({
  name: mode === 'mesh' ? `team/${longText}` : `team/${mode}`,
  mode,
  candidates,
  arbiter: mode === 'blend' || mode === 'judge' ? { model: 'gpt-5-nano', route: 'auto' } : null,
  priceCeiling: 'any',
  onBillingError: 'ask',
});
const anything: RoutingRule = {
  model: '*',
  hasTools: null,
  minInputTokens: null,
  maxInputTokens: null,
  hours: null,
  use: 'gpt-5-nano',
};
const rules: readonly RoutingRule[] = [
  { ...anything, maxInputTokens: 2_000, hasTools: false },
  { ...anything, model: longText, minInputTokens: 100_000, hours: { from: 22, to: 6 }, use: longText },
];
const routing: Routing = { plans: planModes.map(plan), rules: [...rules] };

export const plans: Group = {
  id: 'plans',
  name: 'Plans',
  entries: [
    entry(
      'Plans of every mode',
      <Card title="Plans" isFlush>
        <PlanList routing={routing} onEdit={() => {}} />
      </Card>,
    ),
    entry('Rules', <RulesCard routing={routing} />),
    entry('Rules, none', <RulesCard routing={{ plans: [], rules: [] }} />),
  ],
};
