import type { Member, Recipe } from './recipe.ts';

/** What the placeholders of a recipe stand for. */
export interface Values {
  gatewayUrl: string;
  key: string;
  model: string;
}

type Json = Member['value'];

/** A recipe's text with its placeholders filled in. */
export function fillText(text: string, { gatewayUrl, key, model }: Values): string {
  const values: Readonly<Record<string, string>> = {
    '{{OPENAI_URL}}': `${gatewayUrl}/v1`,
    '{{ANTHROPIC_URL}}': `${gatewayUrl}/anthropic`,
    '{{GATEWAY_URL}}': gatewayUrl,
    '{{KEY}}': key,
    '{{MODEL}}': model,
  };
  return text.replaceAll(/\{\{[A-Z_]+\}\}/g, (placeholder) => {
    const value = values[placeholder];
    if (value === undefined) throw new Error(`unknown placeholder ${placeholder}`);
    return value;
  });
}

export function fillMembers(members: readonly Member[], values: Values): Member[] {
  return members.map((member) => ({
    ...member,
    path: member.path.map((step) =>
      typeof step === 'string' ? fillText(step, values) : { item: fillRecord(step.item, values) },
    ),
    value: fillValue(member.value, values),
  }));
}

export function fillEnvironment({ environment }: Pick<Recipe, 'environment'>, values: Values): Record<string, string> {
  return fillRecord(environment, values);
}

function fillRecord(record: Readonly<Record<string, string>>, values: Values): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([name, text]) => [name, fillText(text, values)]));
}

function fillValue(value: Json, values: Values): Json {
  if (typeof value === 'string') return fillText(value, values);
  if (Array.isArray(value)) return value.map((item) => fillValue(item, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [fillText(name, values), fillValue(member, values)]),
  );
}
