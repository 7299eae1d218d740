import type { LocalKeyRoute } from '#shared/domain/local-key.ts';
import type { Plan, Routing, RoutingRule } from '#shared/domain/routing.ts';
import { matchesPattern } from '#shared/domain/matches-pattern.ts';
import { readNamedPlan } from '#shared/domain/named-plan.ts';

/** The facts that rules match. */
export interface ExpandFacts {
  model: string;
  hasTools: boolean;
  inputTokens: number;
  /** Of this machine's clock, 0 to 23. */
  hour: number;
  /** Where the local key lets a call go. */
  keyRoute: LocalKeyRoute;
}

export interface PlannedModel {
  model: string;
  route: LocalKeyRoute;
}

export interface ExpandedModel {
  /** null: a model was requested. */
  plan: Plan | null;
  /** Best first. Empty where the local key forbids every candidate of the plan. */
  candidates: readonly PlannedModel[];
  /** The model that blends or judges. */
  arbiter: PlannedModel | null;
}

/** What a tool's model name means: itself, a plan's candidates, or the target of a rule. Pure. */
export function expandModel(routing: Routing, facts: ExpandFacts): ExpandedModel {
  const name = routing.rules.find((rule) => fits(rule, facts))?.use ?? facts.model;
  const plan = routing.plans.find((candidate) => candidate.name === name) ?? readNamedPlan(name);
  if (!plan) return { plan, candidates: [{ model: name, route: facts.keyRoute }], arbiter: null };
  const bound = (candidate: PlannedModel) => within(candidate, facts.keyRoute);
  return {
    plan,
    candidates: plan.candidates.flatMap(bound),
    arbiter: plan.arbiter ? (bound(plan.arbiter)[0] ?? null) : null,
  };
}

/** A bound key stays bound: a plan never leads it elsewhere. */
function within({ model, route }: PlannedModel, keyRoute: LocalKeyRoute): PlannedModel[] {
  if (keyRoute === 'auto' || keyRoute === route) return [{ model, route }];
  return route === 'auto' ? [{ model, route: keyRoute }] : [];
}

function fits(rule: RoutingRule, { model, hasTools, inputTokens, hour }: ExpandFacts): boolean {
  return (
    matchesPattern(rule.model, model) &&
    (rule.hasTools === null || rule.hasTools === hasTools) &&
    (rule.minInputTokens === null || inputTokens >= rule.minInputTokens) &&
    (rule.maxInputTokens === null || inputTokens <= rule.maxInputTokens) &&
    (rule.hours === null || isWithin(rule.hours, hour))
  );
}

function isWithin({ from, to }: { from: number; to: number }, hour: number): boolean {
  return from <= to ? hour >= from && hour < to : hour >= from || hour < to;
}
