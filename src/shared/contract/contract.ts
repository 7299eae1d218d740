import type { z } from 'zod';
import { accountContract } from './account.ts';
import { appContract } from './app.ts';
import { storageContract } from './storage.ts';
import { balanceContract } from './balance.ts';
import { billingContract } from './billing.ts';
import { capturesContract } from './captures.ts';
import type { Command, Event, Query } from './define.ts';
import { envelopesContract } from './envelopes.ts';
import { estimatesContract } from './estimates.ts';
import { keysContract } from './keys.ts';
import { linksContract } from './links.ts';
import { loopsContract } from './loops.ts';
import { modelsContract } from './models.ts';
import { doctorContract } from './doctor.ts';
import { networkContract } from './network.ts';
import { parkedContract } from './parked.ts';
import { pricesContract } from './prices.ts';
import { providersContract } from './providers.ts';
import { repeatsContract } from './repeats.ts';
import { requestsContract } from './requests.ts';
import { routingContract } from './routing.ts';
import { settingsContract } from './settings.ts';
import { toolsContract } from './tools.ts';
import { usageContract } from './usage.ts';

/** The app API: every call and event between a page or a script and the core, independent of the transport. */
export const contract = {
  ...appContract,
  ...balanceContract,
  ...requestsContract,
  ...usageContract,
  ...repeatsContract,
  ...parkedContract,
  ...loopsContract,
  ...modelsContract,
  ...estimatesContract,
  ...pricesContract,
  ...keysContract,
  ...envelopesContract,
  ...providersContract,
  ...accountContract,
  ...billingContract,
  ...routingContract,
  ...settingsContract,
  ...storageContract,
  ...capturesContract,
  ...toolsContract,
  ...networkContract,
  ...doctorContract,
  ...linksContract,
};

type Contract = typeof contract;
export type CallName = { [K in keyof Contract]: Contract[K] extends Query | Command ? K : never }[keyof Contract];
export type EventName = { [K in keyof Contract]: Contract[K] extends Event ? K : never }[keyof Contract];

export type Input<K extends CallName> = Contract[K] extends { input: infer S extends z.ZodType } ? z.infer<S> : never;
export type Output<K extends CallName> = Contract[K] extends { output: infer S extends z.ZodType } ? z.infer<S> : never;
export type Payload<K extends EventName> = Contract[K] extends { payload: infer S extends z.ZodType }
  ? z.infer<S>
  : never;

/** What serves the contract: one function per call. A missing one does not compile. */
export type Handlers = { [K in CallName]: (input: Input<K>) => Promise<Output<K>> };

/** How a call fails on every transport. */
export interface CallFailure {
  code: string;
  message: string;
}
export type CallResult<K extends CallName> = { ok: true; value: Output<K> } | { ok: false; error: CallFailure };
