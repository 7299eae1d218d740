import { html } from 'hono/html';
import type { KeyLimits } from '#shared/account/keys.ts';
import { parseUsd, usdText } from '#shared/money.ts';
import { dollarAttributes, type Fields } from '../http/pages/form.ts';
import type { Html } from '../http/pages/frame.ts';
import { grouped, money } from '../http/pages/money.ts';
import { none, time } from '../http/pages/parts.ts';

/** What a key may do, in a few words. */
export function limitWords(limits: KeyLimits | null): Html {
  if (!limits) return none;
  const { requestsPerMinute, tokensPerMinute, dailyCap, weeklyCap, monthlyCap, models, expiresAt } = limits;
  const words: (Html | string)[] = [
    ...(requestsPerMinute === null ? [] : [`${grouped(String(requestsPerMinute))} requests a minute`]),
    ...(tokensPerMinute === null ? [] : [`${grouped(String(tokensPerMinute))} tokens a minute`]),
    ...(dailyCap === null ? [] : [html`${capText(dailyCap)} a day`]),
    ...(weeklyCap === null ? [] : [html`${capText(weeklyCap)} a week`]),
    ...(monthlyCap === null ? [] : [html`${capText(monthlyCap)} a month`]),
    ...(models === null ? [] : [models.length === 1 ? (models[0] ?? '') : `${models.length} models`]),
    ...(expiresAt === null ? [] : [html`until ${time(expiresAt)}`]),
  ];
  return html`${words.map((word, index) => html`${index === 0 ? '' : ' · '}${word}`)}`;
}

/** A cap is stored as it was typed: 12 is $12.00. */
function capText(cap: string): Html | string {
  const limit = parseUsd(cap);
  return limit === null ? cap : money(usdText(limit));
}

/** The fields of a form that sets a key's limits; empty is none. */
export function limitFields(fields: Fields, limits: KeyLimits | null): Html {
  const { requestsPerMinute, tokensPerMinute, dailyCap, weeklyCap, monthlyCap, models, expiresAt } = limits ?? noLimits;
  const count = (label: string, name: string, value: number | null): Html =>
    fields.input(
      { name, label, value: value === null ? '' : String(value) },
      { type: 'number', min: 1, max: 10_000_000, step: 1 },
    );
  const dollars = (label: string, name: string, value: string | null): Html =>
    fields.input({ name, label, value }, dollarAttributes);
  return html`<p>What is left empty is not limited. Days, weeks (from Monday) and months are by UTC.</p>
    <div class="fields">
      ${count('Requests a minute', 'requestsPerMinute', requestsPerMinute)}
      ${count('Tokens a minute, input and output', 'tokensPerMinute', tokensPerMinute)}
      ${dollars('US dollars a day', 'dailyCap', dailyCap)} ${dollars('US dollars a week', 'weeklyCap', weeklyCap)}
      ${dollars('US dollars a month', 'monthlyCap', monthlyCap)}
      ${fields.input(
        { name: 'expiresAt', label: 'Expires (UTC)', value: expiresAt && timeField(expiresAt) },
        // Any: a time that was set to the second stays as it is.
        { type: 'datetime-local', step: 'any' },
      )}
    </div>
    ${fields.area(
      {
        name: 'models',
        label: html`Only these models, one a line; <code>*</code> stands for any text`,
        value: models && models.join('\n'),
      },
      { rows: 3, spellcheck: 'false', placeholder: 'gpt-*' },
    )}`;
}

/** A time as browsers write it in a field: by UTC, with seconds where there are any. */
function timeField(iso: string): string {
  return iso.replace(/(?::00)?Z$/, '');
}

const noLimits: KeyLimits = {
  requestsPerMinute: null,
  tokensPerMinute: null,
  dailyCap: null,
  weeklyCap: null,
  monthlyCap: null,
  models: null,
  expiresAt: null,
};
