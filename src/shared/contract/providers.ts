import { z } from 'zod';
import {
  changedProviderKeySchema,
  foundKeySchema,
  knownProviderSchema,
  localServerSchema,
  newProviderKeySchema,
  newProviderSchema,
  providerKeyNameSchema,
  providerSchema,
} from '../domain/provider.ts';
import { newProxySchema } from '../domain/network.ts';
import { providerIdSchema } from '../ids.ts';
import { command, event, query } from './define.ts';

export const providersContract = {
  'providers.list': query({ input: z.undefined(), output: z.array(providerSchema) }),
  /** Every kind of provider that can be added by name. */
  'providers.catalogue': query({ input: z.undefined(), output: z.array(knownProviderSchema) }),
  /** Probes the ports of this machine on which model servers usually listen. Sends no key. */
  'providers.discover': query({ input: z.undefined(), output: z.array(localServerSchema) }),
  /**
   * Looks for provider keys in the environment of Corvus and the person's shell profiles: asked when the person says
   * so. Keys stay there.
   */
  'providers.find-keys': query({ input: z.undefined(), output: z.array(foundKeySchema) }),
  /** Adds the provider of a key that was found. */
  'providers.add-found': command({
    input: z.strictObject({ variable: z.string().max(200), where: z.string().max(4096) }),
    output: providerSchema,
  }),
  'providers.add': command({ input: newProviderSchema, output: providerSchema }),
  /** Stores one more key. Calls share a provider's keys by priority and weight, and use another one where one fails. */
  'providers.add-key': command({ input: newProviderKeySchema, output: providerSchema }),
  /** Replaces a key, or changes when it is used. */
  'providers.change-key': command({ input: changedProviderKeySchema, output: providerSchema }),
  'providers.remove-key': command({
    input: z.strictObject({ id: providerIdSchema, name: providerKeyNameSchema }),
    output: providerSchema,
  }),
  /** By which proxy this provider is reached. */
  'providers.set-proxy': command({
    input: z.strictObject({ id: providerIdSchema, proxy: newProxySchema }),
    output: providerSchema,
  }),
  'providers.remove': command({
    input: z.strictObject({ id: providerIdSchema }),
    output: z.strictObject({ id: providerIdSchema }),
  }),
  /**
   * Tests address and key: for free where the provider allows it, else with a call for one token. Renews the list of
   * models.
   */
  'providers.test': command({ input: z.strictObject({ id: providerIdSchema }), output: providerSchema }),
  /** Asks the providers that report a balance, each at most once in a few minutes. Returns when all have answered. */
  'providers.refresh-balances': command({ input: z.undefined(), output: z.array(providerSchema) }),
  'providers.changed': event({ payload: z.strictObject({ ids: z.array(z.string()) }) }),
};
