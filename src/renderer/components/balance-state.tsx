import { CircleCheck, Clock, FlaskConical, Sigma } from 'lucide-react';
import type { Balance } from '#shared/domain/balance.ts';
import { oldBalanceMs } from '#shared/domain/old-balance.ts';
import { ageText, exactTime } from '../lib/format-time.ts';
import { Badge } from './badge.tsx';

/** How far a balance can be trusted: confirmed or old, estimated, play money. */
export function BalanceState({ balance, nowMs }: { balance: Balance; nowMs: number }) {
  if (balance.state === 'none' || balance.state === 'unknown') return null;
  const age = ageText(nowMs - balance.asOfMs);
  const isOld = nowMs - balance.asOfMs > oldBalanceMs;
  return (
    <span className="flex flex-wrap items-center gap-1.5">
      {balance.isPlayMoney && (
        <Badge tone="play" icon={<FlaskConical aria-hidden />}>
          Play money
        </Badge>
      )}
      {isOld ? (
        <Badge tone="warn" icon={<Clock aria-hidden />} title={exactTime(balance.asOfMs)}>
          Last confirmed {age}
        </Badge>
      ) : (
        <Badge
          tone={balance.state === 'confirmed' ? 'good' : 'neutral'}
          icon={<CircleCheck aria-hidden />}
          title={exactTime(balance.asOfMs)}
        >
          Confirmed {age}
        </Badge>
      )}
      {balance.isEstimate && (
        <Badge
          icon={<Sigma aria-hidden />}
          title="The service does not report a balance: this is the last known one minus your spending."
        >
          Estimate
        </Badge>
      )}
    </span>
  );
}
