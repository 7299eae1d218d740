import { z } from 'zod';
import { decodeComponent } from '../decode-component.ts';
import { providerIdSchema } from '../ids.ts';
import { upstreamDialectSchema } from './dialect.ts';
import { providerKindSchema } from './provider.ts';
import { toolIdSchema } from './tool.ts';

/** The longest link that is read at all. */
export const longestLink = 4_096;

/** Printable ASCII without spaces: every key is, and nothing in it can be read as anything else. */
const secretSchema = z.string().regex(/^[\x21-\x7e]{8,1024}$/);
const addressSchema = z
  .url({ protocol: /^https?$/ })
  .max(1_024)
  .regex(/^[\x21-\x7e]+$/);
const dialectsSchema = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(upstreamDialectSchema).min(1).max(4));

/**
 * What a `corvusllm://` link may bring, each by its name after the scheme. A customer key comes without an address: it
 * goes to the CorvusLLM service only.
 */
const imports = {
  connect: z.strictObject({ key: z.string().regex(/^sk-corvus-[\w-]{8,256}$/) }),
  provider: z.strictObject({
    kind: providerKindSchema,
    name: providerIdSchema.exactOptional(),
    'base-url': addressSchema.exactOptional(),
    dialect: dialectsSchema.exactOptional(),
    key: secretSchema.exactOptional(),
  }),
  tool: z.strictObject({ id: toolIdSchema }),
} as const;

type Imports = { [K in keyof typeof imports]: { does: K; brings: z.infer<(typeof imports)[K]> } };
export type ImportLink = Imports[keyof Imports];

const shape = /^corvusllm:\/\/(connect|provider|tool)\/?\?([\x21-\x7e]+)$/;

/**
 * Reads a link that brings something; null for anything that is not exactly such a link. Nothing is applied by reading.
 */
export function parseImportLink(text: string): ImportLink | null {
  if (text.length > longestLink) return null;
  const [, name, query = ''] = shape.exec(text) ?? [];
  const parameters = readQuery(query);
  if (parameters === null) return null;
  switch (name) {
    case 'connect':
      return brought('connect', imports.connect.safeParse(parameters));
    case 'provider':
      return brought('provider', imports.provider.safeParse(parameters));
    case 'tool':
      return brought('tool', imports.tool.safeParse(parameters));
    default:
      return null;
  }
}

function brought<K extends string, T>(does: K, parsed: z.ZodSafeParseResult<T>): { does: K; brings: T } | null {
  return parsed.success ? { does, brings: parsed.data } : null;
}

/** Each name once; null where a part is no `name=value`, comes twice, or cannot be decoded. */
function readQuery(query: string): Record<string, string> | null {
  const found = new Map<string, string>();
  for (const part of query.split('&')) {
    const [, name, value] = /^([a-z-]{1,20})=([^=#?]*)$/.exec(part) ?? [];
    const decoded = value === undefined ? null : decodeComponent(value);
    if (name === undefined || decoded === null || found.has(name)) return null;
    found.set(name, decoded);
  }
  return Object.fromEntries(found);
}
