import { CircleCheck, CircleX, Trash2 } from 'lucide-react';
import { Link } from 'wouter';
import type { Provider } from '#shared/domain/provider.ts';
import { Badge } from '../../components/badge.tsx';
import { Button, IconButton } from '../../components/button.tsx';
import { Notice } from '../../components/notice.tsx';
import { InlineProblem } from '../../components/problem.tsx';
import { durationText, plural } from '../../lib/format-number.ts';
import { ageText } from '../../lib/format-time.ts';
import { RecentUsage } from '../../components/recent-usage.tsx';
import type { UsedRecently } from '../../lib/use-usage-by.ts';
import { useCorvusCommand } from '../../lib/query.ts';
import { useNow } from '../../lib/use-now.ts';
import { BalanceLine } from './balance-line.tsx';
import { KeyList } from './key-list.tsx';
import { dialectNames } from '../../lib/dialect-names.ts';
import { useProvidersStore } from './providers-store.ts';

interface ProviderCardProps {
  provider: Provider;
  /** null: the catalogue does not know it. */
  kindName: string | null;
  usage: UsedRecently | null;
}

export function ProviderCard({ provider, kindName, usage }: ProviderCardProps) {
  const open = useProvidersStore((state) => state.open);
  const test = useCorvusCommand('providers.test');
  return (
    <li className="flex min-w-0 flex-col rounded-xl border border-line bg-surface p-5 shadow-card">
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 className="truncate text-base font-semibold" title={provider.id}>
            {provider.id}
          </h2>
          <p className="truncate text-sm text-ink-3" title={provider.baseUrl}>
            {kindName && <span className="text-ink-2">{kindName} · </span>}
            <span className="font-mono text-[0.8rem]">{provider.baseUrl}</span>
          </p>
        </div>
        <IconButton
          label={`Remove ${provider.id}`}
          onClick={() => open({ kind: 'remove', provider })}
          className="-mt-1 -mr-2"
        >
          <Trash2 aria-hidden />
        </IconButton>
      </div>
      <p className="mt-3 flex flex-wrap gap-1.5">
        {provider.dialects.map((dialect) => (
          <Badge key={dialect}>{dialectNames[dialect]}</Badge>
        ))}
        {provider.isLocal && <Badge tone="good">On this machine</Badge>}
        {provider.through && <Badge>Through {provider.through}</Badge>}
        <Badge>{provider.models === null ? 'Models not listed yet' : plural(provider.models.length, 'model')}</Badge>
      </p>
      <KeyList provider={provider} />
      {provider.keys.some(({ isReadable }) => !isReadable) && (
        <div className="mt-3">
          <Notice level="warning" title="A stored key cannot be read">
            It was stored on another computer or by another user. Enter it again.
          </Notice>
        </div>
      )}
      {provider.balance && <BalanceLine balance={provider.balance} />}
      {usage && (
        <p className="mt-3 text-sm text-ink-2">
          Last 30 days: <RecentUsage usage={usage} />
        </p>
      )}
      <LastTest provider={provider} isTesting={test.isPending} />
      <InlineProblem error={test.error} />
      <div className="mt-4 flex flex-wrap items-center gap-2">
        <Button
          size="small"
          isBusy={test.isPending}
          aria-label={`Test ${provider.id}`}
          onClick={() => test.mutate({ id: provider.id })}
        >
          {test.isPending ? 'Testing…' : 'Test'}
        </Button>
        <Button
          size="small"
          look="quiet"
          aria-label={`Add a key to ${provider.id}`}
          onClick={() => open({ kind: 'key', provider, key: null })}
        >
          Add a key
        </Button>
        {!isThisMachine(provider.baseUrl) && (
          <Button
            size="small"
            look="quiet"
            aria-label={`Proxy for ${provider.id}`}
            onClick={() => open({ kind: 'proxy', provider })}
          >
            Proxy
          </Button>
        )}
        <Link
          href={`/requests?provider=${encodeURIComponent(provider.id)}`}
          className="ml-auto rounded text-sm font-medium text-accent hover:underline"
        >
          Requests<span className="sr-only"> to {provider.id}</span>
        </Link>
      </div>
    </li>
  );
}

/** No proxy is between. */
function isThisMachine(baseUrl: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(baseUrl).hostname);
}

function LastTest({ provider: { lastTest }, isTesting }: { provider: Provider; isTesting: boolean }) {
  const nowMs = useNow();
  return (
    <div role="status" className="mt-3 flex-1 text-sm">
      {!isTesting && lastTest === null && (
        <p className="text-ink-3">Not tested yet. A test asks for the model list and may use one token.</p>
      )}
      {!isTesting && lastTest && (
        <p className="flex items-start gap-2">
          {lastTest.ok ? (
            <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-good" />
          ) : (
            <CircleX aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
          )}
          <span className="min-w-0 break-words">
            {lastTest.message}
            <span className="text-ink-3">
              {' '}
              · {lastTest.latencyMs === null ? '' : `${durationText(lastTest.latencyMs)}, `}
              {ageText(nowMs - lastTest.atMs)}
            </span>
          </span>
        </p>
      )}
    </div>
  );
}
