import type { Settings } from '#shared/contract/settings.ts';
import { Card } from '../../components/card.tsx';
import { Switch } from '../../components/switch.tsx';
import { useChangeSettings } from './use-change-settings.ts';

export function BehaviourCard({ settings }: { settings: Settings }) {
  const change = useChangeSettings();
  return (
    <Card title="Desktop app" description="These settings apply to the desktop app only.">
      <div className="flex flex-col gap-3">
        <Switch
          label="Keep running when the window is closed"
          hint="Corvus stays in the tray and your tools keep working."
          isOn={settings.closeToTray}
          onChange={(closeToTray) => change({ closeToTray })}
        />
        <Switch
          label="Start when I log in"
          isOn={settings.openAtLogin}
          onChange={(openAtLogin) => change({ openAtLogin })}
        />
      </div>
    </Card>
  );
}
