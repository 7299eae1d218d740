import type { Lane } from '#shared/account/request.ts';

export const laneNames: Readonly<Record<Lane, string>> = { prepaid: 'Prepaid', byok: 'Your API key', local: 'Local' };
