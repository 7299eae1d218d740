import type { ChargeMatch } from '#shared/account/request.ts';
import { cacheSavings, priceUsage, unitPricesSchema } from '#shared/metering/price-usage.ts';
import { unitsOf, type Usage, usageBuckets } from '#shared/metering/usage.ts';
import { type NanoUsd, parseUsd } from '#shared/money.ts';
import { int } from '../database/database.ts';
import type { LedgerCharge } from './ledger-charge.ts';
import type {
  BegunRequest,
  FetchedAnswer,
  FinishedRequest,
  NamedRequest,
  RefusedRequest,
  SettledRequest,
  SwitchedRequest,
} from './request-records.ts';
import { matchOf } from './match-row.ts';
import { bucketColumns, usageOf } from './request-rows.ts';
import { storedColumns, type StoredRequest } from './stored-request.ts';

const empty = {
  ...(Object.fromEntries(storedColumns.map((column) => [column, null])) as StoredRequest),
  attempts: '[]',
  hints: '[]',
};

/** The row that shows that a request was let through. */
export function begunRow(request: BegunRequest): StoredRequest {
  return {
    ...empty,
    ...columnsOfCall(request),
    lane: request.lane,
    provider: request.provider,
    route_reason: request.routeReason,
    plan: request.plan,
    parent_id: request.parentId,
    envelopes: request.envelopes,
    status: 'open',
    is_stream: request.isStream ? 1n : 0n,
    request_bytes: int(request.requestBytes),
    hints: JSON.stringify(request.hints),
  };
}

/** A call that was refused before it was let through. */
export function refusedRow(request: RefusedRequest): StoredRequest {
  return {
    ...empty,
    ...columnsOfCall(request),
    status: 'refused',
    http_status: int(request.httpStatus),
    refused_by: 'corvus',
    error_code: request.errorCode,
    error_message: request.errorMessage,
    is_stream: 0n,
    request_bytes: 0n,
  };
}

/** What is known of a call before anything becomes of it. */
function columnsOfCall(request: BegunRequest | RefusedRequest) {
  return {
    id: request.id,
    created_at_ms: int(request.createdAtMs),
    local_key_id: request.localKeyId,
    local_key_label: request.localKeyLabel,
    dialect: request.dialect,
    endpoint: request.endpoint,
    model_requested: request.modelRequested ?? '',
    ...attributionColumns(request),
    response_bytes: 0n,
    user_agent: request.userAgent,
  };
}

/** An open request that is sent to another lane. */
export function switchedRow(row: StoredRequest, request: SwitchedRequest): StoredRequest {
  return {
    ...row,
    lane: request.lane,
    provider: request.provider,
    envelopes: request.envelopes,
    switched_from: request.switchedFrom,
    switched_by: request.switchedBy,
  };
}

/** An open request whose answer can be asked for from now on. */
export function namedRow(row: StoredRequest, request: NamedRequest): StoredRequest {
  return {
    ...row,
    lane: request.lane,
    provider: request.provider,
    answer_id: request.answerId,
    attempts: JSON.stringify(request.attempts),
  };
}

/** An open request with its end. What a receipt or a fetch said before stays, where the end says nothing. */
export function finishedRow(row: StoredRequest, request: FinishedRequest): StoredRequest {
  return matched({
    ...row,
    status: request.status,
    lane: request.lane,
    provider: request.provider,
    translated_to: request.translatedTo,
    http_status: int(request.httpStatus),
    refused_by: request.refusedBy,
    error_code: request.errorCode,
    error_message: request.errorMessage,
    model_served: request.modelServed ?? row.model_served,
    answer_id: request.answerId ?? row.answer_id,
    finish_reason: row.finish_reason ?? request.finishReason,
    ...(request.usage && usageColumns(request.usage)),
    usage_source: request.usage ? request.usageSource : (row.usage_source ?? request.usageSource),
    unit_prices: jsonText(request.unitPrices) ?? row.unit_prices,
    catalogue_version: request.catalogueVersion ?? row.catalogue_version,
    metered_cost: request.meteredCostNanoUsd ?? row.metered_cost,
    settled_cost: request.settledCostNanoUsd ?? row.settled_cost,
    balance_after: row.balance_after ?? request.balanceAfterNanoUsd,
    envelopes: request.envelopes,
    cache_lost: request.cacheBreak && parseUsd(request.cacheBreak.lost),
    cache_break: jsonText(request.cacheBreak),
    output_limit: int(request.outputLimit),
    limited_by: request.limitedBy,
    first_byte_ms: request.firstByteMs,
    total_ms: request.totalMs,
    response_bytes: int(request.responseBytes),
    attempts: JSON.stringify(request.attempts),
  });
}

/** A request whose answer was fetched, with what it used. What is known of that already stays. */
export function fetchedRow(row: StoredRequest, fetched: FetchedAnswer): StoredRequest {
  if (row.fresh_input !== null) return row;
  return matched({
    ...row,
    ...usageColumns(fetched.usage),
    usage_source: 'provider',
    model_served: fetched.modelServed ?? row.model_served,
    finish_reason: fetched.finishReason,
    unit_prices: jsonText(fetched.unitPrices),
    catalogue_version: fetched.catalogueVersion,
    metered_cost: fetched.meteredCostNanoUsd,
  });
}

/**
 * A request with what the account's receipt says, before or after the request ended and as often as it comes. What was
 * metered here stays: only an open or interrupted row, which has no usage of its own, gets the receipt's.
 */
export function settledRow(row: StoredRequest, settled: SettledRequest): StoredRequest {
  const hasUsage = row.fresh_input !== null;
  return matched({
    ...row,
    settled_cost: settled.costNanoUsd,
    balance_after: settled.balanceAfterNanoUsd ?? row.balance_after,
    model_served: row.model_served ?? settled.modelServed,
    ...(settled.usage && !hasUsage && usageColumns(settled.usage)),
    usage_source: settled.usage && !hasUsage ? settled.usageSource : row.usage_source,
    unit_prices: row.unit_prices ?? jsonText(settled.unitPrices),
    catalogue_version: row.catalogue_version ?? settled.catalogueVersion,
    billing: jsonText(settled.billing),
    written_off: settled.writtenOffNanoUsd,
    ...(hasUsage && repriced(row, settled)),
  });
}

/** Metered at a price that has changed meanwhile: the account's present one counts, where it publishes it. */
function repriced(row: StoredRequest, { listedPrice, catalogueVersion }: SettledRequest): Partial<StoredRequest> {
  const usage = usageOf(row);
  if (!listedPrice || !usage || row.metered_cost === null || row.catalogue_version === catalogueVersion) return {};
  const { unitPrices, costNanoUsd } = priceUsage(usage, listedPrice);
  return { metered_cost: costNanoUsd, unit_prices: JSON.stringify(unitPrices), catalogue_version: catalogueVersion };
}

function matched(row: StoredRequest): StoredRequest {
  return { ...row, match: matchOf(row), cache_saved: savedByCache(row) };
}

/** null: no cache was used, or its prices are not known. */
function savedByCache(row: StoredRequest): NanoUsd | null {
  const hasCache = [row.cache_read, row.cache_write_5m, row.cache_write_1h].some(
    (count) => count !== null && count !== 0n,
  );
  const usage = hasCache && typeof row.unit_prices === 'string' ? usageOf(row) : null;
  return usage && cacheSavings(usage, unitPricesSchema.parse(JSON.parse(String(row.unit_prices))));
}

/** A request that was open when the program ended. */
export function interruptedRow(row: StoredRequest): StoredRequest {
  return { ...row, status: 'interrupted', usage_source: row.usage_source ?? 'missing' };
}

/** An answer for which the account took nothing in time, whatever its receipt says. */
export function unchargedRow(row: StoredRequest): StoredRequest {
  const match: ChargeMatch = row.settled_cost === null || row.settled_cost === 0n ? 'not-charged' : 'moved-otherwise';
  return { ...row, match };
}

/** A request with what the account's ledger charged for it. */
export function chargedRow(row: StoredRequest, { cost, balanceAfter, isRepeated }: LedgerCharge): StoredRequest {
  return matched({ ...row, ledger_cost: cost, balance_after: balanceAfter, is_charged_twice: isRepeated ? 1n : 0n });
}

function attributionColumns({
  tool,
  project,
  session,
  agent,
  parentAgent,
  tags,
}: BegunRequest | RefusedRequest): Partial<StoredRequest> {
  return {
    tool,
    project,
    session,
    agent,
    parent_agent: parentAgent,
    tags: Object.keys(tags).length > 0 ? JSON.stringify(tags) : null,
  };
}

function usageColumns(usage: Usage): Partial<StoredRequest> {
  const units = unitsOf(usage);
  const tokens = usageBuckets.map((bucket) => [bucketColumns[bucket], int(usage[bucket])]);
  return {
    ...Object.fromEntries(tokens),
    ...(Object.keys(units).length > 0 && { usage_units: JSON.stringify(units) }),
  };
}

function jsonText(value: object | null): string | null {
  return value && JSON.stringify(value);
}
