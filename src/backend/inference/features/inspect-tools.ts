import { memberNames } from '#proxy/body/member-names.ts';
import { conversationOf, type Dialect, type GatewayDialect } from '#shared/domain/dialect.ts';
import { asCount, asObject, asText, type JsonObject } from '#shared/dialects/json-value.ts';
import { ownMember } from '#shared/own-member.ts';
import { reasons, type ToolRule, toolRules } from './feature-table.ts';
import { refuseFeature, refuseLookalikes } from './refuse-feature.ts';
import type { RequestFeatures } from './request-features.ts';

const toolMembers = memberNames(['type', 'tools', 'environment', 'max_uses']);
/** Versions of one tool differ by date. */
const version = /_(\d{8}|\d{4}_\d{2}_\d{2})$/;
const mostUses = 1_000;

/**
 * Inspects lists of tools; adds what it finds to `found`. @param uses of hosted tools where a tool does not limit its
 * own
 */
export function createToolInspection(dialect: Exclude<Dialect, GatewayDialect>, found: RequestFeatures, uses: number) {
  const rules = toolRules[conversationOf(dialect)];

  function list(value: unknown, param: string): void {
    if (!Array.isArray(value)) refuseFeature(param, reasons.unknown);
    for (const [index, tool] of value.entries()) one(tool, `${param}[${index}]`);
  }

  function one(value: unknown, path: string): void {
    const tool = asObject(value);
    if (!tool) refuseFeature(path, reasons.unknown);
    refuseLookalikes(tool, toolMembers, path);
    const param = `${path}.type`;
    const rule = ruleOf(tool);
    if (rule === undefined)
      refuseFeature(param, `the tool "${asText(tool['type']) ?? ''}" is not known here, so its cost is not either`);
    if (rule === 'nested') return list(tool['tools'] ?? [], `${path}.tools`);
    if (rule === 'local') return checkEnvironment(tool, path);
    if (rule === 'searches' || rule === 'fetches') {
      found[rule] += Math.min(usesIn(tool['max_uses'], `${path}.max_uses`, uses), mostUses);
      if (rule === 'searches') found.searchParam ??= param;
      return;
    }
    if (rule !== 'free') refuseFeature(param, `${asText(tool['type']) ?? 'the tool'}: ${rule.refused}`);
  }

  /** Messages and some clients leave the type of a function out. */
  function ruleOf(tool: JsonObject): ToolRule | undefined {
    const type = tool['type'];
    if (type === undefined || type === null)
      return typeof tool['name'] === 'string' || asObject(tool['function']) ? 'free' : undefined;
    const name = typeof type === 'string' ? type.replace(version, '') : '';
    return ownMember(rules, name);
  }

  return {
    list,
    /** A model that searches by itself does so once per answer. */
    searchOnce(param: string): void {
      found.searches += 1;
      found.searchParam ??= param;
    },
  };
}

/** A shell on the caller's own machine costs nothing here. */
function checkEnvironment(tool: JsonObject, path: string): void {
  if (asObject(tool['environment'])?.['type'] !== 'local') refuseFeature(`${path}.environment`, reasons.hosted);
}

/** How many uses a member allows. Throws for what one upstream could read as a number and another could not. */
export function usesIn(value: unknown, param: string, unlimited: number): number {
  if (value === undefined || value === null) return unlimited;
  const count = asCount(value);
  if (count === null) refuseFeature(param, 'it must be a whole number, not negative');
  return count;
}
