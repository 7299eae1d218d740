import type { Settings } from '#shared/contract/settings.ts';
import { Card } from '../../components/card.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { useChangeSettings } from './use-change-settings.ts';

export function AppearanceCard({ settings }: { settings: Settings }) {
  const change = useChangeSettings();
  return (
    <Card title="Appearance">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-sm font-medium" aria-hidden>
          Theme
        </p>
        <Segmented
          label="Theme"
          value={settings.theme}
          options={[
            { value: 'system', label: 'System' },
            { value: 'light', label: 'Light' },
            { value: 'dark', label: 'Dark' },
          ]}
          onValue={(theme) => change({ theme })}
        />
      </div>
    </Card>
  );
}
