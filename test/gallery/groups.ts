import type { Group } from './entry.ts';
import { billing } from './groups/billing.tsx';
import { controls } from './groups/controls.tsx';
import { details } from './groups/details.tsx';
import { doctor } from './groups/doctor.tsx';
import { envelopes } from './groups/envelopes.tsx';
import { keys } from './groups/keys.tsx';
import { models } from './groups/models.tsx';
import { overlays } from './groups/overlays.tsx';
import { overview } from './groups/overview.tsx';
import { plans } from './groups/plans.tsx';
import { providers } from './groups/providers.tsx';
import { requests } from './groups/requests.tsx';
import { settings } from './groups/settings.tsx';
import { start } from './groups/start.tsx';
import { usage } from './groups/usage.tsx';
import { words } from './groups/words.tsx';

export const groups: readonly Group[] = [
  controls,
  words,
  start,
  overview,
  requests,
  details,
  usage,
  models,
  billing,
  keys,
  envelopes,
  providers,
  plans,
  doctor,
  settings,
  overlays,
];
