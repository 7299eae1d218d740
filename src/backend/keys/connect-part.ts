import { html } from 'hono/html';
import type { Html } from '../http/pages/frame.ts';
import type { ModelFamily } from '#shared/domain/model-price.ts';
import type { PriceBook } from '#shared/metering/price-catalogue.ts';

/** What an example of a call is made from. */
export interface ConnectDeps {
  prices: Pick<PriceBook, 'list'>;
  pools: { serves(family: ModelFamily): boolean };
  publicBaseUrl(): string;
}

/** The addresses for tools, with a call to paste. Without the key, which is not known here. */
export function connectPart({ prices, pools, publicBaseUrl }: ConnectDeps): Html {
  const sold = prices.list().filter((model) => model.prepaid && pools.serves(model.family));
  const chat = sold.find(({ dialects }) => dialects.includes('openai-chat'))?.slug;
  const messages = sold.find(({ dialects }) => dialects.includes('anthropic-messages'))?.slug;
  const openAi = `${publicBaseUrl()}/v1`;
  const anthropic = `${publicBaseUrl()}/anthropic`;
  return html`<dl class="facts">
      <dt>OpenAI dialect</dt>
      <dd class="id">${openAi}</dd>
      <dt>Anthropic dialect</dt>
      <dd class="id">${anthropic}</dd>
    </dl>
    <p class="quiet">Put your key where it says <code>YOUR_KEY</code>. Click an example to select it.</p>
    ${chat === undefined ? '' : html`${snippet('curl', curl(openAi, chat, 'YOUR_KEY'))}${snippet('OpenAI SDK, Python', openAiSdk(openAi, chat))}`}
    ${messages === undefined ? '' : snippet('Anthropic SDK, Python', anthropicSdk(anthropic, messages))}`;
}

/** A first request to paste; null where no model of this dialect is sold. */
export function firstCall({ prices, pools, publicBaseUrl }: ConnectDeps, key: string): string | null {
  const chat = prices
    .list()
    .find((model) => model.prepaid && pools.serves(model.family) && model.dialects.includes('openai-chat'));
  return chat ? curl(`${publicBaseUrl()}/v1`, chat.slug, key) : null;
}

function snippet(title: string, text: string): Html {
  return html`<details>
    <summary>${title}</summary>
    <pre role="group" tabindex="0" aria-label="${title}">${text}</pre>
  </details>`;
}

function curl(baseUrl: string, model: string, key: string): string {
  const body = JSON.stringify({ model, max_tokens: 16, messages: [{ role: 'user', content: 'Hello' }] });
  return `curl ${baseUrl}/chat/completions \\
  -H "Authorization: Bearer ${key}" \\
  -H "Content-Type: application/json" \\
  -d '${body}'`;
}

function openAiSdk(baseUrl: string, model: string): string {
  return `from openai import OpenAI

client = OpenAI(base_url="${baseUrl}", api_key="YOUR_KEY")
reply = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "Hello"}],
)
print(reply.choices[0].message.content)`;
}

function anthropicSdk(baseUrl: string, model: string): string {
  return `from anthropic import Anthropic

client = Anthropic(base_url="${baseUrl}", api_key="YOUR_KEY")
reply = client.messages.create(
    model="${model}",
    max_tokens=256,
    messages=[{"role": "user", "content": "Hello"}],
)
print(reply.content[0].text)`;
}
