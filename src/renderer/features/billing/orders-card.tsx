import { ExternalLink } from 'lucide-react';
import { failureWords, type Order } from '#shared/account/orders.ts';
import { parseUsd, zeroUsd } from '#shared/money.ts';
import { Badge, type Tone } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Money } from '../../components/money.tsx';
import { Problem } from '../../components/problem.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { showToast } from '../../components/toast.ts';
import { exactUsd } from '../../lib/format-money.ts';
import { ageText, exactTime } from '../../lib/format-time.ts';
import { useCorvusQuery } from '../../lib/query.ts';
import { useNow } from '../../lib/use-now.ts';
import { useOpenCheckout } from '../../lib/use-open-checkout.ts';

const states: Readonly<Record<Order['status'], { name: string; tone: Tone }>> = {
  created: { name: 'Waiting for payment', tone: 'accent' },
  pending: { name: 'Payment pending', tone: 'accent' },
  in_review: { name: 'In review', tone: 'warn' },
  paid_confirmed: { name: 'Credited', tone: 'good' },
  failed: { name: 'Failed', tone: 'bad' },
  expired: { name: 'Expired', tone: 'neutral' },
  partially_refunded: { name: 'Partly refunded', tone: 'warn' },
  disputed: { name: 'Disputed', tone: 'bad' },
  charged_back: { name: 'Charged back', tone: 'bad' },
  refunded: { name: 'Refunded', tone: 'warn' },
};

export function OrdersCard() {
  const orders = useCorvusQuery('billing.orders', undefined, { refreshOn: ['billing.order-changed'] });
  return (
    <Card title="Top-ups" isFlush className="sm:col-span-2 xl:col-span-1">
      {orders.isPending && <SkeletonRows rows={3} label="Loading top-ups" />}
      {orders.error && (
        <div className="p-5 pt-0">
          <Problem error={orders.error} onRetry={() => void orders.refetch()} />
        </div>
      )}
      {orders.data?.length === 0 && <p className="px-5 pb-5 text-sm text-ink-3">No top-ups yet.</p>}
      {orders.data && orders.data.length > 0 && (
        <ul aria-label="Top-ups" tabIndex={0} className="max-h-64 overflow-y-auto rounded-b-xl -outline-offset-2">
          {orders.data.map((order) => (
            <OrderRow key={order.id} order={order} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function OrderRow({ order }: { order: Order }) {
  const nowMs = useNow();
  const open = useOpenCheckout();
  const { name, tone } = states[order.status];
  const createdAtMs = Date.parse(order.createdAt);
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 border-t border-line px-5 py-2.5 first:border-t-0">
      <div className="min-w-28 flex-1">
        <p className="font-medium">
          <Money amount={order.amount} as="exact" />
        </p>
        <p className="text-[0.8125rem] text-ink-3" title={exactTime(createdAtMs)}>
          {[ageText(nowMs - createdAtMs), ...notesOn(order)].join(' · ')}
        </p>
      </div>
      {order.status === 'created' && (
        <Button
          size="small"
          icon={<ExternalLink aria-hidden />}
          isBusy={open.isPending}
          onClick={() =>
            open.mutate(order, {
              onError: (error) =>
                showToast({ tone: 'bad', title: 'The checkout could not be opened', text: error.message }),
            })
          }
        >
          Pay
        </Button>
      )}
      <Badge tone={tone}>{name}</Badge>
    </li>
  );
}

/** Details that the state alone does not show. */
function notesOn({ origin, failure, takenBack }: Order): string[] {
  const back = parseUsd(takenBack) ?? zeroUsd;
  return [
    ...(origin === 'auto' ? ['automatic'] : []),
    ...(failure === null ? [] : [failureWords(failure)]),
    ...(back === zeroUsd ? [] : [`${exactUsd(back)} taken back`]),
  ];
}
