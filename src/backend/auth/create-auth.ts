import type { Db } from '../database/open-database.ts';
import type { PubSub } from '../database/pub-sub.ts';
import type { Clock } from '#shared/ports.ts';
import type { Events } from '../runtime/events.ts';
import { type Authenticator, createAuthenticator } from './authenticator.ts';
import { type ClientAddress, createClientAddress } from './client-address.ts';
import { createCustomerSessions, type CustomerSessions } from './customer-sessions.ts';
import { createOperatorAccess, type OperatorAccess } from './operator-access.ts';

interface AuthDeps {
  db: Db;
  clock: Pick<Clock, 'nowMs'>;
  events: Events;
  pubSub: Pick<PubSub, 'isComplete'>;
  publicBaseUrl(): string;
  /** Null: the service has no operator's side. */
  adminToken: string | null;
  /** Addresses and networks of proxies whose `X-Forwarded-For` is believed. */
  trustedProxies: readonly string[];
}

export interface Auth {
  authenticator: Authenticator;
  sessions: CustomerSessions;
  /** Null: the service has no operator's side. */
  operators: OperatorAccess | null;
  clientAddress: ClientAddress;
}

/** Who calls: customers by their key or their session, operators by their token. */
export function createAuth({ db, clock, events, pubSub, publicBaseUrl, adminToken, trustedProxies }: AuthDeps): Auth {
  const { nowMs } = clock;
  const clientAddress = createClientAddress(trustedProxies);
  return {
    authenticator: createAuthenticator({ db, nowMs, events, pubSub }),
    sessions: createCustomerSessions({ db, adminToken, publicBaseUrl, clientAddress, nowMs }),
    operators: adminToken === null ? null : createOperatorAccess({ adminToken, publicBaseUrl, nowMs }),
    clientAddress,
  };
}
