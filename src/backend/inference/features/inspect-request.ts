import type { Call } from '#proxy/call.ts';
import { asObject, asText, type JsonObject } from '#shared/dialects/json-value.ts';
import { isGatewayDialect } from '#shared/domain/dialect.ts';
import { readNamedPlan } from '#shared/domain/named-plan.ts';
import { CorvusError } from '#shared/errors.ts';
import { ownMember } from '#shared/own-member.ts';
import { dearValues, freeEdits, memberRules, plainValues, planMembers, reasons } from './feature-table.ts';
import { createContentInspection, inspectItems, inspectMessages } from './inspect-content.ts';
import type { ContentInspection } from './inspect-sources.ts';
import { createToolInspection, usesIn } from './inspect-tools.ts';
import { outlineOf } from './outline.ts';
import { refuseFeature } from './refuse-feature.ts';
import { type LimitMember, noFeatures, type RequestFeatures } from './request-features.ts';

/** Searches and fetched pages where the request does not limit them. */
const unlimitedUses = 10;
const limitMembers: readonly LimitMember[] = ['max_completion_tokens', 'max_output_tokens', 'max_tokens'];

/**
 * What a request uses of the service's own credentials beyond its bytes, by the table of `feature-table.ts`. Reads an
 * outline of the body, whose depth and number of parts were bounded before. Throws `unsupported_parameter` with the
 * member's name for what cannot be sold.
 * @param outline of the body, where it was made in turns
 */
export function inspectRequest(
  { dialect, body, facts }: Pick<Call, 'dialect' | 'body' | 'facts'>,
  outline?: unknown,
): RequestFeatures {
  if (dialect === 'openai-passthrough' || isGatewayDialect(dialect)) return noFeatures;
  const request = asObject(outline ?? outlineOf(body));
  if (!request) throw new CorvusError('invalid_json');
  const rules = memberRules[dialect];
  const isPlan = readNamedPlan(facts.model) !== null;
  const found: RequestFeatures = { ...noFeatures, limitMember: limitMemberOf(request) };
  const tools = createToolInspection(dialect, found, usesOf(request));
  const content = createContentInspection(found, (value, param) => tools.list(value, param));
  for (const [name, value] of Object.entries(request)) {
    if (isAbsent(value)) continue;
    const rule = ownMember(rules, name);
    if (rule === 'free' || (isPlan && planMembers.has(name))) continue;
    if (rule === undefined) refuseFeature(name, reasons.unknown);
    if (rule !== 'checked') refuseFeature(name, rule.refused);
    checkMember(name, value, { found, tools, content });
  }
  refuseTwoLimits(request);
  return found;
}

/** Clients send members that they do not use as null, false or an empty list. */
function isAbsent(value: unknown): boolean {
  return value === null || value === false || (Array.isArray(value) && value.length === 0);
}

interface Inspections {
  found: RequestFeatures;
  tools: ReturnType<typeof createToolInspection>;
  content: ContentInspection;
}

function checkMember(name: string, value: unknown, { found, tools, content }: Inspections): void {
  switch (name) {
    case 'messages':
      return inspectMessages(content, value, name);
    case 'input':
    case 'instructions':
      return inspectItems(content, value, name);
    case 'system':
      return content.parts(value, name);
    case 'tools':
      return tools.list(value, name);
    case 'web_search_options':
      return tools.searchOnce(name);
    case 'modalities':
    case 'audio':
      found.asksForAudio ||= name === 'audio' || !Array.isArray(value) || value.some((kind) => kind !== 'text');
      return;
    case 'context_management':
      return checkEdits(value, name);
    case 'service_tier':
      if (typeof value !== 'string') refuseFeature(name, reasons.unknown);
      return;
    default:
      if (!plainValues[name]?.includes(asText(value) ?? '')) refuseFeature(name, dearValues);
  }
}

/** Edits that only leave something out of the context are free. */
function checkEdits(value: unknown, param: string): void {
  const edits = asObject(value)?.['edits'] ?? [];
  const areFree = Array.isArray(edits) && edits.every((edit) => freeEdits.test(asText(asObject(edit)?.['type']) ?? ''));
  if (!areFree) refuseFeature(param, 'compacting a conversation calls the model once more');
}

/** How many uses of hosted tools the upstream allows at most, where the request says so. */
function usesOf(request: JsonObject): number {
  return usesIn(request['max_tool_calls'], 'max_tool_calls', unlimitedUses);
}

/** Which of two limits an upstream obeys depends on which it knows. */
function refuseTwoLimits(request: JsonObject): void {
  const given = limitMembers.map((name) => request[name]).filter((value) => value !== undefined && value !== null);
  if (new Set(given).size > 1)
    refuseFeature('max_tokens', 'it differs from the other limit of the output that is given; send one');
}

function limitMemberOf(request: JsonObject): LimitMember | null {
  return limitMembers.find((name) => typeof request[name] === 'number') ?? null;
}
