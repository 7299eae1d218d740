import { KeyRound, Pencil } from 'lucide-react';
import type { Provider, ProviderKey } from '#shared/domain/provider.ts';
import { Badge } from '../../components/badge.tsx';
import { IconButton } from '../../components/button.tsx';
import { durationText } from '../../lib/format-number.ts';
import { ageText } from '../../lib/format-time.ts';
import { useNow } from '../../lib/use-now.ts';
import { useProvidersStore } from './providers-store.ts';

/** A provider's keys in the order in which they are used, each with what its last calls showed. */
export function KeyList({ provider }: { provider: Provider }) {
  const open = useProvidersStore((state) => state.open);
  if (provider.keys.length === 0) return null;
  return (
    <ul aria-label={`Keys of ${provider.id}`} className="mt-3 flex flex-col gap-2 text-sm">
      {provider.keys.map((key) => (
        <li key={key.name} className="flex items-start gap-2">
          <KeyRound aria-hidden className="mt-1 size-4 shrink-0 text-ink-3" />
          <div className="min-w-0 flex-1">
            <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
              <span className="font-medium break-all">{key.name}</span>
              <span className="font-mono text-[0.8rem] text-ink-3">{key.hint}</span>
              {provider.keys.length > 1 && (
                <span className="text-ink-3">
                  priority {key.priority}, weight {key.weight}
                </span>
              )}
              <KeyState keyOf={key} />
            </p>
            <LastFailure keyOf={key} />
          </div>
          <IconButton
            label={`${key.isReadable ? 'Change' : 'Enter again'}: key ${key.name} of ${provider.id}`}
            className="-my-1"
            onClick={() => open({ kind: 'key', provider, key })}
          >
            <Pencil aria-hidden />
          </IconButton>
        </li>
      ))}
    </ul>
  );
}

function KeyState({ keyOf: { isReadable, health } }: { keyOf: ProviderKey }) {
  const nowMs = useNow();
  if (!isReadable) return <Badge tone="warn">Cannot be read: enter it again</Badge>;
  const leftMs = (health.coolingUntilMs ?? 0) - nowMs;
  return leftMs > 0 ? (
    <Badge tone="warn">Cooling down for {durationText(Math.ceil(leftMs / 1000) * 1000)}</Badge>
  ) : null;
}

function LastFailure({ keyOf: { health } }: { keyOf: ProviderKey }) {
  const nowMs = useNow();
  if (!health.lastFailure) return null;
  const { atMs, model, httpStatus } = health.lastFailure;
  return (
    <p className="text-[0.8125rem] break-words text-ink-3">
      {httpStatus === null ? 'No answer' : `Answered ${httpStatus}`} for {model} · {ageText(nowMs - atMs)}
    </p>
  );
}
