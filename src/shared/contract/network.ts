import { z } from 'zod';
import { newProxySchema, proxySettingSchema } from '../domain/network.ts';
import { command, event, query } from './define.ts';

/** How this machine reaches the internet, as far as Corvus is concerned. */
export const networkSchema = z.strictObject({
  proxy: proxySettingSchema,
  /** A file of certificate authorities to trust; null: none. */
  caFile: z.string().nullable(),
  /** What the environment says of proxies, without logins. */
  variables: z.array(z.strictObject({ name: z.string(), value: z.string() })),
  authorities: z.strictObject({
    /** How many certificates the file has; null: no file. */
    file: z.int().nullable(),
    /** How many `NODE_EXTRA_CA_CERTS` adds, and how many this machine's own store has. */
    fromEnvironment: z.int(),
    fromSystem: z.int(),
  }),
  /** What is wrong with the settings, in a sentence; null: nothing. */
  problem: z.string().nullable(),
});
export type NetworkView = z.infer<typeof networkSchema>;

export const networkContract = {
  'network.get': query({ input: z.undefined(), output: networkSchema }),
  /** Changes what is given; from the next connection on. */
  'network.set': command({
    input: z.strictObject({ proxy: newProxySchema, caFile: z.string().trim().min(1).max(4096).nullable() }).partial(),
    output: networkSchema,
  }),
  'network.changed': event({ payload: networkSchema }),
};
