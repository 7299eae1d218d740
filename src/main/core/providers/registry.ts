import type { DialectFamily } from '#shared/domain/dialect.ts';
import type { ProviderAdapter } from './adapter.ts';
import { anthropic } from './anthropic/anthropic.ts';
import { openAiCompatible } from './openai-compatible/openai-compatible.ts';

const adapters: Readonly<Record<DialectFamily, ProviderAdapter>> = { openai: openAiCompatible, anthropic };

export function adapterFor(family: DialectFamily): ProviderAdapter {
  return adapters[family];
}
