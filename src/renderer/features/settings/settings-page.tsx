import { Page } from '../../components/page.tsx';
import { Problem } from '../../components/problem.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { useCorvusQuery } from '../../lib/query.ts';
import { AboutCard } from './about-card.tsx';
import { AccountCard } from './account-card.tsx';
import { AppearanceCard } from './appearance-card.tsx';
import { BackupsCard } from './backups-card.tsx';
import { BehaviourCard } from './behaviour-card.tsx';
import { CapturesCard } from './captures-card.tsx';
import { MoneyAndHistoryCard } from './money-and-history-card.tsx';
import { NetworkCard } from './network-card.tsx';
import { OllamaCard } from './ollama-card.tsx';
import { PortCard } from './port-card.tsx';
import { WaitingCard } from './waiting-card.tsx';
import { useSettingsStore } from './use-change-settings.ts';

export function SettingsPage() {
  const settings = useCorvusQuery('settings.get', undefined, { refreshOn: ['settings.changed'] });
  const pending = useSettingsStore((state) => state.pending);
  const shown = settings.data && { ...settings.data, ...pending };
  return (
    <Page title="Settings" description="Changes save automatically, except for the network and the port.">
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <div className="grid gap-4">
          <AccountCard />
          <NetworkCard />
          {shown && (
            <>
              <PortCard settings={shown} />
              <OllamaCard settings={shown} />
              <WaitingCard settings={shown} />
            </>
          )}
          <AboutCard />
        </div>
        <div className="grid gap-4">
          {settings.isPending && <Skeleton className="h-96 rounded-xl" />}
          {settings.error && <Problem error={settings.error} onRetry={() => void settings.refetch()} />}
          {shown && (
            <>
              <AppearanceCard settings={shown} />
              <MoneyAndHistoryCard settings={shown} />
              <BackupsCard settings={shown} />
              <CapturesCard settings={shown} />
              <BehaviourCard settings={shown} />
            </>
          )}
        </div>
      </div>
    </Page>
  );
}
