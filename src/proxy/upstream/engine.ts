import type { Clock, Random } from '#shared/ports.ts';
import type { UpstreamAccount } from '../reply/judge-reply.ts';
import type { Send } from './send.ts';

/** What upstreams are asked with. */
export interface Engine {
  send: Send;
  clock: Clock;
  upstreamAccount: UpstreamAccount;
  random: Random;
}
