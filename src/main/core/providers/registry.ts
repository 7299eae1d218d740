import type { ProviderAdapter } from './adapter.ts';
import { anthropic } from './known/anthropic.ts';
import { azure } from './known/azure.ts';
import { cerebras } from './known/cerebras.ts';
import { corvex } from './known/corvex.ts';
import { deepSeek } from './known/deepseek.ts';
import { fireworks } from './known/fireworks.ts';
import { google } from './known/google.ts';
import { groq } from './known/groq.ts';
import { llamaCpp } from './known/llama-cpp.ts';
import { lmStudio } from './known/lm-studio.ts';
import { miniMax } from './known/minimax.ts';
import { mistral } from './known/mistral.ts';
import { moonshot } from './known/moonshot.ts';
import { ollama } from './known/ollama.ts';
import { openAi } from './known/openai.ts';
import { openRouter } from './known/openrouter.ts';
import { together } from './known/together.ts';
import { vercel } from './known/vercel.ts';
import { vllm } from './known/vllm.ts';
import { xai } from './known/xai.ts';
import { zai } from './known/zai.ts';

/** Every kind of provider that Corvus knows, in the order in which they are offered. Any other place is `custom`. */
export const knownProviders: readonly ProviderAdapter[] = [
  openAi,
  anthropic,
  google,
  openRouter,
  xai,
  deepSeek,
  mistral,
  groq,
  together,
  fireworks,
  cerebras,
  zai,
  moonshot,
  miniMax,
  corvex,
  azure,
  vercel,
  ollama,
  lmStudio,
  llamaCpp,
  vllm,
];

const byKind: ReadonlyMap<string, ProviderAdapter> = new Map(knownProviders.map((adapter) => [adapter.kind, adapter]));

/** null: a custom provider, or one that only a newer program knows. */
export function adapterFor(kind: string): ProviderAdapter | null {
  return byKind.get(kind) ?? null;
}
