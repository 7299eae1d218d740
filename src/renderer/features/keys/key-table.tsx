import { useState } from 'react';
import { Link } from 'wouter';
import { limitWords } from '#shared/domain/limit-words.ts';
import { hasExpired, type LocalKey } from '#shared/domain/local-key.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { Cell, HeadCell, Table } from '../../components/table.tsx';
import { showToast } from '../../components/toast.ts';
import { classNames } from '../../lib/class-names.ts';
import { plural } from '../../lib/format-number.ts';
import { ageText, dateText, exactTime } from '../../lib/format-time.ts';
import { type UsedRecently, useUsageBy } from '../../lib/use-usage-by.ts';
import { RecentUsage } from '../../components/recent-usage.tsx';
import { parseUsd, zeroUsd } from '#shared/money.ts';
import { RequestsLink } from '../../components/requests-link.tsx';
import { exactUsd, shortUsd } from '../../lib/format-money.ts';
import { Money } from '../../components/money.tsx';
import { type EnvelopeState, periodWords } from '#shared/domain/envelope.ts';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';
import { useNow } from '../../lib/use-now.ts';
import { LimitsDialog } from './limits-dialog.tsx';
import { useKeysStore } from './keys-store.ts';
import { routeName } from './route-options.ts';

// The columns that are hidden first in a narrow window, so that "Revoke" stays visible.
const fromMedium = 'hidden xl:table-cell';
const fromLarge = 'hidden 2xl:table-cell';

export function KeyTable({ keys }: { keys: readonly LocalKey[] }) {
  const { showsRevoked, setShowsRevoked } = useKeysStore();
  const [revoking, setRevoking] = useState<LocalKey | null>(null);
  const [limiting, setLimiting] = useState<LocalKey | null>(null);
  const usageOf = useUsageBy('localKeyId');
  const envelopes = useCorvusQuery('envelopes.list', undefined, {
    refreshOn: ['envelopes.changed'],
    isAskedOnOpening: true,
  });
  const envelopesOf = ({ id }: LocalKey) =>
    (envelopes.data ?? []).filter(({ scope }) => scope.kind === 'key' && scope.keyId === id);
  const revokedCount = keys.filter((key) => key.revokedAtMs !== null).length;
  const shown = keys.filter((key) => showsRevoked || key.revokedAtMs === null);
  return (
    <>
      <Table label="Local keys">
        <thead>
          <tr>
            <HeadCell>Name</HeadCell>
            <HeadCell className={fromMedium}>Key</HeadCell>
            <HeadCell>Requests go to</HeadCell>
            <HeadCell>Last 30 days</HeadCell>
            <HeadCell className={fromLarge}>Created</HeadCell>
            <HeadCell>Last used</HeadCell>
            <HeadCell isNumber>
              <span className="sr-only">Actions</span>
            </HeadCell>
          </tr>
        </thead>
        <tbody>
          {shown.map((key) => (
            <KeyRow
              key={key.id}
              localKey={key}
              usage={usageOf(key.id)}
              envelopes={envelopesOf(key)}
              onRevoke={() => setRevoking(key)}
              onLimit={() => setLimiting(key)}
            />
          ))}
        </tbody>
      </Table>
      {shown.length === 0 && (
        <p className="px-5 py-6 text-center text-sm text-ink-2">Every key is revoked. Create one to connect a tool.</p>
      )}
      {revokedCount > 0 && (
        <div className="px-3 py-2">
          <Button size="small" look="quiet" onClick={() => setShowsRevoked(!showsRevoked)}>
            {showsRevoked ? 'Hide revoked keys' : `Show ${plural(revokedCount, 'revoked key')}`}
          </Button>
        </div>
      )}
      {limiting && <LimitsDialog localKey={limiting} onClose={() => setLimiting(null)} />}
      <RevokeDialog localKey={revoking} onClose={() => setRevoking(null)} />
    </>
  );
}

interface KeyRowProps {
  localKey: LocalKey;
  usage: UsedRecently | null;
  /** Those that limit this key. */
  envelopes: readonly EnvelopeState[];
  onRevoke: () => void;
  onLimit: () => void;
}

function KeyRow({ localKey: key, usage, envelopes, onRevoke, onLimit }: KeyRowProps) {
  const nowMs = useNow();
  const isRevoked = key.revokedAtMs !== null;
  const isExpired = !isRevoked && hasExpired(key, nowMs);
  const limits = limitWords(key.limits);
  return (
    <tr className={classNames('hover:bg-hover', isRevoked && 'text-ink-3')}>
      <Cell className="max-w-48 min-w-28 xl:max-w-56 2xl:max-w-72 truncate font-medium" title={key.label}>
        <Link href={`/requests?key=${encodeURIComponent(key.id)}`} className="rounded hover:underline">
          {key.label}
        </Link>
        {isExpired && (
          <span className="mt-0.5 block">
            <Badge tone="warn">Expired</Badge>
          </span>
        )}
      </Cell>
      <Cell className={classNames('font-mono text-[0.8125rem] whitespace-nowrap text-ink-2', fromMedium)}>
        {key.hint}
      </Cell>
      <Cell className="max-w-44 truncate 2xl:max-w-52" title={routeName(key.route)}>
        {routeName(key.route)}
        {limits && (
          <span className="block truncate text-xs text-ink-3" title={limits}>
            {limits}
          </span>
        )}
      </Cell>
      <Cell className="whitespace-nowrap">
        <RecentUsage usage={usage} />
        {envelopes.map((envelope) => (
          <EnvelopeLine key={envelope.id} envelope={envelope} />
        ))}
      </Cell>
      <Cell className={classNames('whitespace-nowrap text-ink-2', fromLarge)} title={exactTime(key.createdAtMs)}>
        {dateText(key.createdAtMs)}
      </Cell>
      <Cell
        className="whitespace-nowrap text-ink-2"
        title={key.lastUsedAtMs === null ? undefined : exactTime(key.lastUsedAtMs)}
      >
        {key.lastUsedAtMs === null ? 'Never' : ageText(nowMs - key.lastUsedAtMs)}
      </Cell>
      <Cell isNumber>
        {isRevoked ? (
          <Badge>Revoked</Badge>
        ) : (
          <span className="flex justify-end">
            <Button size="small" look="quiet" aria-label={`Limits of ${key.label}`} onClick={onLimit}>
              Limits
            </Button>
            <Button size="small" look="quiet" aria-label={`Revoke ${key.label}`} onClick={onRevoke}>
              Revoke
            </Button>
          </span>
        )}
      </Cell>
    </tr>
  );
}

/** What is gone of a limit in dollars. */
function EnvelopeLine({ envelope: { id, name, spent, limit, period, periodStartMs } }: { envelope: EnvelopeState }) {
  const amount = parseUsd(spent) ?? zeroUsd;
  return (
    <span className="block text-xs text-ink-3" title={name}>
      <RequestsLink
        filter={{ envelopeId: id, fromMs: periodStartMs, status: 'ended' }}
        title={`Cost: ${exactUsd(amount)}`}
      >
        {shortUsd(amount)}
      </RequestsLink>{' '}
      of <Money amount={limit} isFocusable={false} /> {periodWords[period]}
    </span>
  );
}

function RevokeDialog({ localKey, onClose }: { localKey: LocalKey | null; onClose: () => void }) {
  const revoke = useCorvusCommand('keys.revoke');
  function confirm() {
    if (!localKey) return;
    revoke.mutate(
      { id: localKey.id },
      {
        onSuccess: () => {
          showToast({ tone: 'good', title: `${localKey.label} is revoked` });
          onClose();
        },
      },
    );
  }
  return (
    <ConfirmDialog
      isOpen={localKey !== null}
      title={`Revoke ${localKey?.label ?? 'this key'}?`}
      confirmLabel="Revoke key"
      isBusy={revoke.isPending}
      error={revoke.error}
      onConfirm={confirm}
      onClose={() => {
        revoke.reset();
        onClose();
      }}
    >
      <p>Requests with this key will be refused. Past requests stay in the list. This cannot be undone.</p>
    </ConfirmDialog>
  );
}
