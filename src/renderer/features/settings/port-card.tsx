import { useState } from 'react';
import { type Settings, settingsSchema } from '#shared/contract/settings.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Field, TextInput } from '../../components/field.tsx';
import { InlineProblem } from '../../components/problem.tsx';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';

/** Where tools reach Corvus. It is told at once when a port is taken; the change is made at the next start. */
export function PortCard({ settings }: { settings: Settings }) {
  const [text, setText] = useState(String(settings.port));
  const [seenPort, setSeenPort] = useState(settings.port);
  // Wherever it was changed. A new card would take the focus from the field that it was saved from.
  if (seenPort !== settings.port) {
    setSeenPort(settings.port);
    setText(String(settings.port));
  }
  const { data: status } = useCorvusQuery('app.status', undefined);
  const save = useCorvusCommand('settings.set');
  const port = settingsSchema.shape.port.safeParse(Number(text));
  const free = /Port (\d+) is free/.exec(save.error?.message ?? '')?.[1];
  const isWaiting = status !== undefined && new URL(status.gatewayUrl).port !== String(settings.port);
  return (
    <Card
      title="Port"
      description="Where tools reach Corvus on this machine. Connected tools are changed to a new port when Corvus starts with it."
    >
      <form
        noValidate
        className="flex flex-col gap-3"
        onSubmit={(submission) => {
          submission.preventDefault();
          if (port.success) save.mutate({ port: port.data });
        }}
      >
        <Field label="Port" error={port.success ? null : 'Enter a number from 1 to 65535.'}>
          {(ids) => (
            <TextInput
              {...ids}
              inputMode="numeric"
              maxLength={5}
              value={text}
              onChange={(change) => setText(change.target.value)}
            />
          )}
        </Field>
        <InlineProblem error={save.error} />
        {isWaiting && <p className="text-sm text-warn">Corvus uses port {settings.port} from its next start on.</p>}
        <div className="flex flex-wrap gap-2">
          <Button type="submit" isBusy={save.isPending} disabled={!port.success || port.data === settings.port}>
            Save
          </Button>
          {free !== undefined && (
            <Button
              look="primary"
              onClick={() => {
                setText(free);
                save.mutate({ port: Number(free) });
              }}
            >
              Use port {free}
            </Button>
          )}
        </div>
      </form>
    </Card>
  );
}
