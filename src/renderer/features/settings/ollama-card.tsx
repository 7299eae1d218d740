import type { Settings } from '#shared/contract/settings.ts';
import { Card } from '../../components/card.tsx';
import { CopyableValue } from '../../components/code-block.tsx';
import { Switch } from '../../components/switch.tsx';
import { useCorvusQuery } from '../../lib/query.ts';
import { useChangeSettings } from './use-change-settings.ts';

/** Where Ollama's clients look for it. */
const usualPort = 11_434;

/** Tools that can only talk to Ollama, and only at its port. */
export function OllamaCard({ settings }: { settings: Settings }) {
  const change = useChangeSettings();
  const { data: status } = useCorvusQuery('app.status', undefined, { refreshOn: ['settings.changed'] });
  const url = status?.ollama?.url ?? null;
  const problem = status?.ollama?.problem ?? null;
  return (
    <Card
      title="Ollama clients"
      description="Corvus answers them at its own address. Some tools look for Ollama at its usual port only."
    >
      <div className="flex flex-col gap-3">
        <Switch
          label={`Also answer at port ${settings.ollamaPort ?? usualPort}`}
          hint="On this machine only, with a local key as everywhere. Ollama itself cannot listen there at the same time."
          isOn={settings.ollamaPort !== null}
          onChange={(isOn) => change({ ollamaPort: isOn ? usualPort : null })}
        />
        {url !== null && <CopyableValue label="address for Ollama clients" value={url} />}
        {problem !== null && <p className="text-sm text-warn">{problem}</p>}
      </div>
    </Card>
  );
}
