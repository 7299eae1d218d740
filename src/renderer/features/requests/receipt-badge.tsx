import { ShieldCheck, TriangleAlert } from 'lucide-react';
import type { RequestId } from '#shared/ids.ts';
import { Badge } from '../../components/badge.tsx';
import { useCorvusQuery } from '../../lib/query.ts';

/** Whether the account's receipt of a request is kept here and is the one on its statement. */
export function ReceiptBadge({ id }: { id: RequestId }) {
  const checked = useCorvusQuery(
    'account.verify-receipt',
    { id },
    { refreshOn: ['requests.changed', 'account.statement-checked'], isAskedOnOpening: true },
  );
  if (checked.data?.status === 'verified') {
    return (
      <Badge
        tone="good"
        icon={<ShieldCheck aria-hidden />}
        title="The receipt is stored here, and its hash matches the one on the account's statement."
      >
        Receipt verified
      </Badge>
    );
  }
  if (checked.data?.fault) {
    return (
      <Badge tone="bad" icon={<TriangleAlert aria-hidden />} title={checked.data.fault.text}>
        Receipt mismatch
      </Badge>
    );
  }
  return null;
}
