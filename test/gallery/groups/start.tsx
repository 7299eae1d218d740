import { AddedProvider } from '../../../src/renderer/components/add-key/added-provider.tsx';
import { FoundKeys } from '../../../src/renderer/components/add-key/found-keys.tsx';
import { Doors } from '../../../src/renderer/features/start/doors.tsx';
import { LiveRequest } from '../../../src/renderer/features/start/live-request.tsx';
import { answer } from '../answers.ts';
import { entry, type Group } from '../entry.ts';
import { longText, nowMs, provider } from '../samples.ts';

const ignore = () => undefined;
const models = Array.from({ length: 20 }, (_, index) => (index === 3 ? longText : `model-${index}`));
const well = provider({ models, lastTest: { atMs: nowMs, ok: true, message: '20 models', latencyMs: 80 } });
const ill = provider({ models: null, lastTest: { atMs: nowMs, ok: false, message: longText, latencyMs: null } });

export const start: Group = {
  id: 'start',
  name: 'Get started',
  entries: [
    entry('Doors', <Doors onOpen={ignore} />),
    entry('Look for keys', <FoundKeys onAdded={ignore} />),
    entry('An added provider', <AddedProvider id={well.id} />, answer('providers.list', undefined, [well])),
    entry('An added provider that fails', <AddedProvider id={ill.id} />, answer('providers.list', undefined, [ill])),
    entry('Waiting for a request', <LiveRequest onDone={ignore} />),
  ],
};
