import { html } from 'hono/html';
import type { KeyLimits } from '#shared/account/keys.ts';
import { parseUsd, usdText } from '#shared/money.ts';
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
export function limitFields(limits: KeyLimits | null): Html {
  const { requestsPerMinute, tokensPerMinute, dailyCap, weeklyCap, monthlyCap, models, expiresAt } = limits ?? noLimits;
  return html`<p>What is left empty is not limited. Days, weeks (from Monday) and months are by UTC.</p>
    <div class="fields">
      ${numberField('Requests a minute', 'requestsPerMinute', requestsPerMinute)}
      ${numberField('Tokens a minute, input and output', 'tokensPerMinute', tokensPerMinute)}
      ${moneyField('US dollars a day', 'dailyCap', dailyCap)} ${moneyField('US dollars a week', 'weeklyCap', weeklyCap)}
      ${moneyField('US dollars a month', 'monthlyCap', monthlyCap)}
      <label
        >Expires (UTC)<input type="datetime-local" name="expiresAt" value="${expiresAt?.slice(0, 16) ?? ''}"
      /></label>
    </div>
    <label
      >Only these models, one a line; <code>*</code> stands for any text<textarea
        name="models"
        rows="3"
        spellcheck="false"
        placeholder="gpt-*"
      >
${models?.join('\n') ?? ''}</textarea>
    </label>`;
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

function numberField(label: string, name: string, value: number | null): Html {
  return html`<label
    >${label}<input
      name="${name}"
      type="number"
      min="1"
      max="10000000"
      step="1"
      value="${value === null ? '' : String(value)}"
      autocomplete="off"
  /></label>`;
}

function moneyField(label: string, name: string, value: string | null): Html {
  return html`<label
    >${label}<input
      name="${name}"
      inputmode="decimal"
      pattern="\\d{1,9}(\\.\\d{1,9})?"
      value="${value ?? ''}"
      autocomplete="off"
  /></label>`;
}
