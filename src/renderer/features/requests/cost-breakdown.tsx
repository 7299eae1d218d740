import { CircleCheck, TriangleAlert } from 'lucide-react';
import { Link } from 'wouter';
import { chargeFaultText } from '#shared/account/charge-faults.ts';
import type { RequestBilling } from '#shared/account/request-billing.ts';
import type { RequestDetail } from '#shared/account/request.ts';
import { Badge } from '../../components/badge.tsx';
import { Money } from '../../components/money.tsx';
import {
  breakDownCost,
  costNames,
  type CostBreakdown as Breakdown,
  exactPartsText,
} from '#shared/metering/cost-breakdown.ts';
import { exactUsd, priceText } from '../../lib/format-money.ts';
import { countText } from '../../lib/format-number.ts';
import { ReceiptBadge } from './receipt-badge.tsx';

const kinds: Readonly<Record<RequestDetail['costKind'], string>> = {
  settled: 'Charged to your account.',
  pending: 'Not charged yet: this is the cost metered here.',
  estimate: 'Estimated: your provider bills this directly. Your account was not charged.',
  free: 'No charge.',
  parts: 'Billed through its sub-requests.',
  unknown: 'Unknown: the usage or the price is missing.',
};

/** Tokens by kind, times price, added up and rounded once: a cost that can be checked by hand. */
export function CostBreakdown({ detail }: { detail: RequestDetail }) {
  const breakdown = detail.usage && detail.unitPrices ? breakDownCost(detail.usage, detail.unitPrices) : null;
  // A call that was refused or failed used nothing: a table of no tokens is beside the point.
  const hasTokens = detail.costKind !== 'free' || (detail.inputTokens ?? 0) + (detail.outputTokens ?? 0) > 0;
  return (
    <section aria-label="Cost">
      <div className="mb-1 flex flex-wrap items-center justify-between gap-2">
        <h3 className="text-sm font-semibold">Cost</h3>
        <div className="flex flex-wrap gap-1.5">
          <MatchBadge detail={detail} />
          {detail.lane === 'prepaid' && <ReceiptBadge id={detail.id} />}
        </div>
      </div>
      <p className="text-[1.4rem] font-semibold tracking-tight break-all">
        {detail.costKind === 'free' && hasTokens ? 'Free' : <Money amount={detail.cost} as="exact" />}
      </p>
      <ChargeFault detail={detail} />
      <p className="text-[0.8125rem] text-ink-2">
        {kinds[detail.costKind]}{' '}
        {detail.usageSource === 'estimated' &&
          'Token counts are estimated from the text, because the provider sent none.'}
      </p>
      {detail.usage?.serviceTier && (
        <p className="text-[0.8125rem] text-ink-2">Service tier: {detail.usage.serviceTier}.</p>
      )}
      {hasTokens && (breakdown ? <BreakdownTable breakdown={breakdown} /> : <TokensOnly detail={detail} />)}
      <dl className="mt-3 grid grid-cols-[1fr_auto] gap-y-1 text-sm">
        {hasTokens && <AmountLine name="Metered here" amount={detail.meteredCost} />}
        {detail.lane === 'prepaid' && <AmountLine name="Charged by the account" amount={detail.settledCost} />}
        {detail.balanceAfter !== null && <AmountLine name="Balance afterwards" amount={detail.balanceAfter} />}
      </dl>
      {detail.billing && <p className="mt-1 text-xs text-ink-3">{billingText(detail.billing)}</p>}
      {hasTokens && breakdown && detail.catalogueVersion && (
        <p className="mt-1 text-xs text-ink-3">Prices: {pricesText(detail.catalogueVersion)}</p>
      )}
    </section>
  );
}

/** A plan is no model: what answered for it has the price. */
function pricedModel({ plan, modelRequested, modelServed }: RequestDetail): string {
  return plan === null ? modelRequested : (modelServed ?? modelRequested);
}

/** An own price or a list says so itself; a catalogue is a bare version. */
function pricesText(version: string): string {
  return /^\d/.test(version) ? `catalogue ${version}` : version;
}

function billingText(billing: RequestBilling): string {
  if (billing.plan === 'tokens') return `This account charges at least $${billing.minimum} for a request.`;
  return 'This account is charged in whole credits of $0.01, and at least one for a request.';
}

function ChargeFault({ detail: { match } }: { detail: RequestDetail }) {
  if (match === null || match === 'agrees') return null;
  return (
    <p className="mt-1 text-[0.8125rem] text-bad">{chargeFaultText[match].sentence} Ask the operator of the account.</p>
  );
}

function MatchBadge({ detail }: { detail: RequestDetail }) {
  if (detail.match === 'agrees') {
    return (
      <Badge
        tone="good"
        icon={<CircleCheck aria-hidden />}
        title="The cost metered here, the charge and the balance change are equal to the last digit."
      >
        Cost verified
      </Badge>
    );
  }
  if (detail.match === null) return null;
  return (
    <Badge tone="bad" icon={<TriangleAlert aria-hidden />} title={chargeFaultText[detail.match].sentence}>
      {chargeFaultText[detail.match].title}
    </Badge>
  );
}

function BreakdownTable({ breakdown }: { breakdown: Breakdown }) {
  return (
    <div
      className="mt-3 overflow-x-auto rounded-lg border border-line"
      tabIndex={0}
      role="region"
      aria-label="Cost by kind of token"
    >
      <table className="tabular w-full text-[0.8125rem]">
        <thead>
          <tr className="text-xs text-ink-3">
            <th scope="col" className="px-3 py-1.5 text-left font-medium">
              Kind
            </th>
            <th scope="col" className="px-2 py-1.5 text-right font-medium">
              Count
            </th>
            <th scope="col" className="px-2 py-1.5 text-right font-medium">
              Per million
            </th>
            <th scope="col" className="px-3 py-1.5 text-right font-medium">
              Cost
            </th>
          </tr>
        </thead>
        <tbody>
          {breakdown.lines.map((line) => (
            <tr key={line.kind} className="border-t border-line">
              <th scope="row" className="px-3 py-1.5 text-left font-normal">
                {costNames[line.kind]}
              </th>
              <td className="px-2 py-1.5 text-right">{countText(line.count)}</td>
              <td className="px-2 py-1.5 text-right whitespace-nowrap text-ink-2">
                {priceText(line.price)}
                {line.isPerMillion ? '' : ' each'}
              </td>
              <td className="px-3 py-1.5 text-right whitespace-nowrap">{`$${exactPartsText(line.cost)}`}</td>
            </tr>
          ))}
          {breakdown.rounding > 0n && (
            <tr className="border-t border-line text-ink-2">
              <th scope="row" colSpan={3} className="px-3 py-1.5 text-left font-normal">
                Rounded up to a billionth of a dollar
              </th>
              <td className="px-3 py-1.5 text-right whitespace-nowrap">+{`$${exactPartsText(breakdown.rounding)}`}</td>
            </tr>
          )}
        </tbody>
        <tfoot>
          <tr className="border-t border-line-strong font-semibold">
            <th scope="row" colSpan={3} className="px-3 py-2 text-left">
              Total
            </th>
            <td className="px-3 py-2 text-right whitespace-nowrap">{exactUsd(breakdown.total)}</td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

function TokensOnly({ detail }: { detail: RequestDetail }) {
  const text = (count: number | null) => (count === null ? 'unknown' : countText(count));
  return (
    <p className="mt-3 rounded-lg bg-inset px-3 py-2 text-sm text-ink-2">
      Tokens: {text(detail.inputTokens)} in, {text(detail.outputTokens)} out.{' '}
      {detail.unitPrices ? '' : 'No price is known for this model.'}{' '}
      {detail.unitPrices === null && detail.lane === 'byok' && detail.provider !== null && (
        <Link
          href={`/models?${new URLSearchParams({ price: pricedModel(detail), at: detail.provider })}`}
          className="rounded text-accent underline underline-offset-2"
        >
          Set its price
        </Link>
      )}
    </p>
  );
}

function AmountLine({ name, amount }: { name: string; amount: string | null }) {
  return (
    <>
      <dt className="text-ink-3">{name}</dt>
      <dd className="text-right">
        <Money amount={amount} as="exact" />
      </dd>
    </>
  );
}
