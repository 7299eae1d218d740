import { useQueryClient } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { EnvelopeState } from '#shared/domain/envelope.ts';
import type { ParkedRequest } from '#shared/account/parked-request.ts';
import { nanoUsd, parseUsd, usdText } from '#shared/money.ts';
import { durationText } from '../lib/format-number.ts';
import { useCorvusCommand } from '../lib/query.ts';
import { useOpenCheckout } from '../lib/use-open-checkout.ts';
import { useNow } from '../lib/use-now.ts';
import { Button } from './button.tsx';
import { Notice } from './notice.tsx';
import { OfferPrices, SendThereButton } from './lane-offer.tsx';
import { InlineProblem } from './problem.tsx';

const topUpAmount = '10.00';

/** Requests that wait for the same money, with what brings it in one click. */
export function ParkedNotice({
  requests,
  envelope,
}: {
  requests: readonly ParkedRequest[];
  envelope: EnvelopeState | null;
}) {
  const nowMs = useNow();
  const [first] = requests;
  if (!first) return null;
  const isBalance = first.awaits.kind === 'balance';
  const soonestMs = Math.min(...requests.map(({ untilMs }) => untilMs));
  const who = requests.length === 1 ? `A request of ${first.localKeyLabel} waits` : `${requests.length} requests wait`;
  const what = isBalance ? 'The prepaid balance' : envelope ? `The envelope "${envelope.name}"` : 'An envelope';
  return (
    <Notice
      level="warning"
      title={`${who} for money`}
      action={
        <span className="flex shrink-0 flex-col items-end gap-2">
          {isBalance ? <TopUpButton /> : envelope && <RaiseButton envelope={envelope} requests={requests} />}
          <SendThereButton requests={requests} />
        </span>
      }
    >
      <p>
        {what} does not cover {requests.length === 1 ? 'it' : 'them'}. {requests.length === 1 ? 'It goes' : 'They go'}{' '}
        on as soon as there is more; the first is refused in {durationText(Math.max(0, soonestMs - nowMs))}.{' '}
        <Link href="/requests" className="text-accent underline underline-offset-2">
          Show {requests.length === 1 ? 'it' : 'them'}
        </Link>
      </p>
      <OfferPrices requests={requests} />
    </Notice>
  );
}

/** Orders credit and opens its checkout. */
function TopUpButton() {
  const client = useQueryClient();
  const topUp = useCorvusCommand('billing.topup');
  const openCheckout = useOpenCheckout();
  async function order(): Promise<void> {
    const made = await topUp.mutateAsync({ amount: topUpAmount });
    void client.invalidateQueries({ queryKey: ['billing.orders'] });
    await openCheckout.mutateAsync(made);
  }
  return (
    <span className="flex max-w-64 shrink-0 flex-col items-end gap-1">
      <Button
        size="small"
        look="primary"
        isBusy={topUp.isPending || openCheckout.isPending}
        onClick={() => void order().catch(() => undefined)}
      >
        Top up ${topUpAmount}
      </Button>
      <InlineProblem error={topUp.error ?? openCheckout.error} />
    </span>
  );
}

function RaiseButton({ envelope, requests }: { envelope: EnvelopeState; requests: readonly ParkedRequest[] }) {
  const change = useCorvusCommand('envelopes.change');
  const limit = raisedLimit(envelope, requests);
  return (
    <span className="flex max-w-64 shrink-0 flex-col items-end gap-1">
      <Button
        size="small"
        look="primary"
        isBusy={change.isPending}
        onClick={() => change.mutate({ id: envelope.id, limit })}
      >
        Raise to ${limit}
      </Button>
      <InlineProblem error={change.error} />
    </span>
  );
}

/** Twice the limit, or as often twice as those that wait need. */
function raisedLimit({ limit, spent, held }: EnvelopeState, requests: readonly ParkedRequest[]): string {
  const needed = [spent, held, ...requests.map(({ required }) => required ?? '0')].reduce(
    (sum, text) => sum + (parseUsd(text) ?? 0n),
    0n,
  );
  let raised = 2n * (parseUsd(limit) ?? 1n);
  while (raised < needed) raised *= 2n;
  return usdText(nanoUsd(raised));
}
