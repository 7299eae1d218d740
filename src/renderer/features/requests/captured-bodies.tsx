import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { Capture } from '#shared/contract/captures.ts';
import type { RequestId } from '#shared/ids.ts';
import { Button } from '../../components/button.tsx';
import { CodeBlock } from '../../components/code-block.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { bytesText } from '../../lib/format-number.ts';
import { useCorvusCommand, useCorvusQuery } from '../../lib/query.ts';

/** What the client sent and got, where it is kept. */
export function CapturedBodies({ id }: { id: RequestId }) {
  const capture = useCorvusQuery('captures.get', { id }, { refreshOn: ['captures.changed'] });
  const remove = useCorvusCommand('captures.remove');
  const [isAsking, setIsAsking] = useState(false);
  if (!capture.data) return null;
  return (
    <section aria-label="Bodies" className="flex flex-col gap-3">
      <div className="flex items-center justify-between gap-3">
        <h3 className="text-sm font-semibold">Bodies</h3>
        <Button size="small" icon={<Trash2 aria-hidden />} onClick={() => setIsAsking(true)}>
          Delete
        </Button>
      </div>
      <Body name="request" title="Sent by the client" body={capture.data.request} />
      <Body name="response" title="Received by the client" body={capture.data.response} />
      <ConfirmDialog
        isOpen={isAsking}
        title="Delete the bodies of this request?"
        confirmLabel="Delete"
        isBusy={remove.isPending}
        error={remove.error}
        onClose={() => {
          remove.reset();
          setIsAsking(false);
        }}
        onConfirm={() => remove.mutate({ id }, { onSuccess: () => setIsAsking(false) })}
      >
        They are overwritten on the disk and cannot be restored. The request itself stays in the list.
      </ConfirmDialog>
    </section>
  );
}

interface BodyProps {
  name: 'request' | 'response';
  title: string;
  body: Capture['request'];
}

function Body({ name, title, body: { text, bytes, isCut } }: BodyProps) {
  return (
    <div>
      <h4 className="mb-1 text-[0.8125rem] text-ink-2">
        {title}, {bytesText(bytes)}
        {isCut && ' (only its beginning is kept)'}
      </h4>
      {text === null ? (
        <p className="text-sm text-ink-2">This is no text, so it cannot be shown.</p>
      ) : text === '' ? (
        <p className="text-sm text-ink-2">Empty.</p>
      ) : (
        <div className="[&_pre]:max-h-80 [&_pre]:overflow-y-auto">
          <CodeBlock code={pretty(text)} label={`${name} body`} />
        </div>
      )}
    </div>
  );
}

/** JSON with its structure to see; anything else as it is. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
