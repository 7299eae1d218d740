import type { Diagnosis, Verdict } from '#shared/contract/doctor.ts';

export const diagnosisTitles: Readonly<Record<Diagnosis, string>> = {
  healthy: 'Nothing is wrong',
  'invalid-key': 'A key is refused',
  'wrong-endpoint': 'An address is wrong',
  'model-not-found': 'The model is not there',
  'context-too-long': 'The request is too long',
  'rate-limited': 'Too many requests',
  'out-of-balance': 'No money is left',
  'another-key': 'Another key was topped up',
  'limit-reached': 'A limit of yours is reached',
  'clock-wrong': 'The clock is wrong',
  'tool-points-elsewhere': 'A tool does not reach Corvus',
  'port-taken': 'Another program has the port',
  'proxy-or-certificate': 'The proxy or a certificate stands between',
  offline: 'The network is not reached',
  outage: 'The upstream fails',
  'not-running': 'The server is not running',
  'not-set-up': 'Nothing is set up',
  'request-refused': 'Something in the request is refused',
  storage: 'The disk cannot be written',
  unknown: 'The reason is not known',
};

export const layerNames: Readonly<Record<Exclude<Verdict['layer'], 'none'>, string>> = {
  tool: 'the tool',
  corvus: 'Corvus',
  network: 'the network',
  account: 'the prepaid account',
  provider: 'a provider',
};
