import type { RequestDetail } from '../account/request.ts';
import type { StatementLine } from '../contract/billing.ts';
import type { UsageSums } from '../contract/usage.ts';
import { usageBuckets } from '../metering/usage.ts';
import { parseUsd } from '../money.ts';
import type { ExportColumn, ExportValue } from './write-export.ts';

function column<Row>(name: string, of: (row: Row) => ExportValue): ExportColumn<Row> {
  return { name, of };
}

function money(text: string | null): ExportValue {
  return text === null ? null : parseUsd(text);
}

/** One request. docs/usage.md says what each column is. */
export const requestColumns: readonly ExportColumn<RequestDetail>[] = [
  column('time_utc', ({ createdAtMs }) => new Date(createdAtMs).toISOString()),
  column('id', ({ id }) => id),
  column('status', ({ status }) => status),
  column('http_status', ({ httpStatus }) => httpStatus),
  column('refused_by', ({ refusedBy }) => refusedBy),
  column('error_code', ({ errorCode }) => errorCode),
  column('lane', ({ lane }) => lane),
  column('provider', ({ provider }) => provider),
  column('model_requested', ({ modelRequested }) => modelRequested),
  column('model_served', ({ modelServed }) => modelServed),
  column('plan', ({ plan }) => plan),
  column('part_of', ({ parentId }) => parentId),
  column('tool', ({ tool }) => tool),
  column('project', ({ project }) => project),
  column('session', ({ session }) => session),
  column('agent', ({ agent }) => agent),
  column('started_by', ({ parentAgent }) => parentAgent),
  column('tags', ({ tags }) => (Object.keys(tags).length === 0 ? null : JSON.stringify(tags))),
  column('key_id', ({ localKeyId }) => localKeyId),
  column('key', ({ localKeyLabel }) => localKeyLabel),
  column('client', ({ userAgent }) => userAgent),
  column('endpoint', ({ endpoint }) => endpoint),
  column('dialect', ({ dialect }) => dialect),
  column('streamed', ({ isStream }) => isStream),
  column('finish_reason', ({ finishReason }) => finishReason),
  column('input_tokens', ({ inputTokens }) => inputTokens),
  column('output_tokens', ({ outputTokens }) => outputTokens),
  ...usageBuckets.map((bucket) => column<RequestDetail>(snakeCase(bucket), ({ usage }) => usage?.[bucket] ?? null)),
  column('usage_source', ({ usageSource }) => usageSource),
  column('cost_usd', ({ cost }) => money(cost)),
  column('cost_kind', ({ costKind }) => costKind),
  column('metered_usd', ({ meteredCost }) => money(meteredCost)),
  column('charged_usd', ({ settledCost }) => money(settledCost)),
  column('first_byte_ms', ({ firstByteMs }) => firstByteMs),
  column('total_ms', ({ totalMs }) => totalMs),
  column('request_bytes', ({ requestBytes }) => requestBytes),
  column('response_bytes', ({ responseBytes }) => responseBytes),
];

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]|\d+/g, (part) => `_${part.toLowerCase()}`);
}

/** One value of a dimension in a span of days. */
export interface UsageExportRow {
  from: string;
  to: string;
  dimension: string;
  value: string;
  /** The value as the pages call it: the label of a key. */
  name: string;
  sums: UsageSums;
  before: UsageSums;
}

export const usageColumns: readonly ExportColumn<UsageExportRow>[] = [
  column('from_utc', ({ from }) => from),
  column('to_utc', ({ to }) => to),
  column('dimension', ({ dimension }) => dimension),
  column('value', ({ value }) => value),
  column('name', ({ name }) => name),
  column('requests', ({ sums }) => sums.requests),
  column('not_answered', ({ sums }) => sums.failures),
  column('input_tokens', ({ sums }) => sums.inputTokens),
  column('cached_tokens', ({ sums }) => sums.cachedTokens),
  column('cache_saved_usd', ({ sums }) => money(sums.cacheSaved)),
  column('cache_lost_usd', ({ sums }) => money(sums.cacheLost)),
  column('output_tokens', ({ sums }) => sums.outputTokens),
  column('cost_usd', ({ sums }) => money(sums.cost)),
  column('unknown_cost', ({ sums }) => sums.unpriced),
  column('first_byte_ms', ({ sums }) => sums.firstByteMs),
  column('total_ms', ({ sums }) => sums.totalMs),
  column('requests_before', ({ before }) => before.requests),
  column('cost_before_usd', ({ before }) => money(before.cost)),
];

export const statementColumns: readonly ExportColumn<StatementLine>[] = [
  column('sequence', ({ sequence }) => sequence),
  column('time_utc', ({ at }) => at),
  column('kind', ({ kind }) => kind),
  column('amount_usd', ({ amount }) => money(amount)),
  column('balance_after_usd', ({ balanceAfter }) => money(balanceAfter)),
  column('request_id', ({ requestId }) => requestId),
  column('order_id', ({ orderId }) => orderId),
  column('description', ({ description }) => description),
];
