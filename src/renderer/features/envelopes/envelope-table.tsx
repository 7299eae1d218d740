import { useState } from 'react';
import { type EnvelopeState, periodWords } from '#shared/domain/envelope.ts';
import type { LocalKey } from '#shared/domain/local-key.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { RequestsLink } from '../../components/requests-link.tsx';
import { Money } from '../../components/money.tsx';
import { Cell, HeadCell, Table } from '../../components/table.tsx';
import { showToast } from '../../components/toast.ts';
import { classNames } from '../../lib/class-names.ts';
import { exactTime, momentText } from '../../lib/format-time.ts';
import { useCorvusCommand } from '../../lib/query.ts';
import { ChangeEnvelopeDialog } from './change-envelope-dialog.tsx';
import { requestsOf, scopeName } from './scope-words.ts';
import { SpendBar } from './spend-bar.tsx';

// The columns that are hidden first in a narrow window, so that the actions stay visible.
const fromLarge = 'hidden lg:table-cell';
const fromWidest = 'hidden 2xl:table-cell';

type Action = 'change' | 'reset' | 'remove';

export function EnvelopeTable({ envelopes, keys }: { envelopes: readonly EnvelopeState[]; keys: readonly LocalKey[] }) {
  const [chosen, setChosen] = useState<{ envelope: EnvelopeState; action: Action } | null>(null);
  const close = () => setChosen(null);
  return (
    <>
      <Table label="Envelopes">
        <thead>
          <tr>
            <HeadCell>Name</HeadCell>
            <HeadCell>Spent</HeadCell>
            <HeadCell isNumber>Limit</HeadCell>
            <HeadCell isNumber className={fromWidest}>
              Left
            </HeadCell>
            <HeadCell className={fromLarge}>Resets</HeadCell>
            <HeadCell isNumber>
              <span className="sr-only">Actions</span>
            </HeadCell>
          </tr>
        </thead>
        <tbody>
          {envelopes.map((envelope) => (
            <EnvelopeRow
              key={envelope.id}
              envelope={envelope}
              keys={keys}
              onAction={(action) => setChosen({ envelope, action })}
            />
          ))}
        </tbody>
      </Table>
      {chosen?.action === 'change' && <ChangeEnvelopeDialog envelope={chosen.envelope} onClose={close} />}
      {chosen?.action === 'reset' && <ResetDialog envelope={chosen.envelope} onClose={close} />}
      {chosen?.action === 'remove' && <RemoveDialog envelope={chosen.envelope} onClose={close} />}
    </>
  );
}

interface EnvelopeRowProps {
  envelope: EnvelopeState;
  keys: readonly LocalKey[];
  onAction: (action: Action) => void;
}

function EnvelopeRow({ envelope, keys, onAction }: EnvelopeRowProps) {
  const { name, scope, limit, period, spent, held, left, isPaused, resetsAtMs } = envelope;
  const change = useCorvusCommand('envelopes.change');
  const pause = () =>
    change.mutate(
      { id: envelope.id, isPaused: !isPaused },
      { onError: ({ message }) => showToast({ tone: 'bad', title: `${name} was not changed`, text: message }) },
    );
  const words = scopeName(scope, keys);
  const requests = requestsOf(scope);
  const button = (label: string, onClick: () => void) => (
    <Button size="small" look="quiet" aria-label={`${label} ${name}`} onClick={onClick}>
      {label}
    </Button>
  );
  return (
    <tr className="hover:bg-hover">
      <Cell className="max-w-36 min-w-32 sm:max-w-56">
        <span className="flex items-center gap-2">
          <span className="truncate font-medium" title={name}>
            {name}
          </span>
          {isPaused && <Badge tone="warn">Paused</Badge>}
        </span>
        <span className="block truncate text-xs text-ink-2" title={words}>
          {requests === null ? (
            words
          ) : (
            <RequestsLink filter={requests} className="max-w-full truncate align-bottom">
              {words}
            </RequestsLink>
          )}
        </span>
      </Cell>
      <Cell className="min-w-40">
        <SpendBar
          label={name}
          limit={limit}
          spent={spent}
          held={held}
          requests={{ envelopeId: envelope.id, fromMs: envelope.periodStartMs }}
        />
      </Cell>
      <Cell isNumber>
        <Money amount={limit} /> <span className="text-ink-2">{periodWords[period]}</span>
        {resetsAtMs !== null && (
          <span className="block text-xs text-ink-3 lg:hidden">Resets {momentText(resetsAtMs)}</span>
        )}
      </Cell>
      <Cell isNumber className={fromWidest}>
        <Money amount={left} />
      </Cell>
      <Cell
        className={classNames('whitespace-nowrap text-ink-2', fromLarge)}
        title={resetsAtMs === null ? undefined : exactTime(resetsAtMs)}
      >
        {resetsAtMs === null ? 'Never' : momentText(resetsAtMs)}
      </Cell>
      <Cell isNumber>
        <span className="flex justify-end">
          {button('Change', () => onAction('change'))}
          {button(isPaused ? 'Resume' : 'Pause', pause)}
          {button('Reset', () => onAction('reset'))}
          {button('Remove', () => onAction('remove'))}
        </span>
      </Cell>
    </tr>
  );
}

function ResetDialog({ envelope, onClose }: { envelope: EnvelopeState; onClose: () => void }) {
  const reset = useCorvusCommand('envelopes.reset');
  return (
    <ConfirmDialog
      isOpen
      title={`Reset ${envelope.name}?`}
      confirmLabel="Reset"
      isBusy={reset.isPending}
      error={reset.error}
      onConfirm={() => reset.mutate({ id: envelope.id }, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>Its count starts again at zero, now. Requests that wait for it go on.</p>
    </ConfirmDialog>
  );
}

function RemoveDialog({ envelope, onClose }: { envelope: EnvelopeState; onClose: () => void }) {
  const remove = useCorvusCommand('envelopes.remove');
  return (
    <ConfirmDialog
      isOpen
      title={`Remove ${envelope.name}?`}
      confirmLabel="Remove envelope"
      isBusy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate({ id: envelope.id }, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>It no longer limits anything, and what it counted is deleted. Requests stay in the list.</p>
    </ConfirmDialog>
  );
}
