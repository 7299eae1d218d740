import { type ChargeMatch, requestStatusSchema } from '#shared/account/request.ts';
import { matchCharge } from '#shared/account/match-cost.ts';
import { requestBillingSchema } from '#shared/account/request-billing.ts';
import { usageSourceSchema } from '#shared/metering/usage.ts';
import { optionalMoney, optionalText } from '../database/columns.ts';
import type { SqlRow } from '../database/database.ts';

/** How the meter, the receipt and the ledger of a row agree; null for one that no account charges. */
export function matchOf(row: SqlRow): ChargeMatch | null {
  if (row['lane'] !== 'prepaid' || row['status'] === 'open') return null;
  const billing = optionalText(row, 'billing');
  return matchCharge({
    status: requestStatusSchema.parse(row['status']),
    usageSource: usageSourceSchema.nullable().parse(row['usage_source']),
    metered: optionalMoney(row, 'metered_cost'),
    settled: optionalMoney(row, 'settled_cost'),
    writtenOff: optionalMoney(row, 'written_off'),
    ledger: optionalMoney(row, 'ledger_cost'),
    isRepeated: row['is_charged_twice'] === 1n,
    billing: billing === null ? null : requestBillingSchema.parse(JSON.parse(billing)),
  });
}
