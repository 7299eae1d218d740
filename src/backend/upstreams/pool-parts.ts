import { html } from 'hono/html';
import { modelFamilies } from '#shared/domain/model-price.ts';
import type { StoredCredential } from './report-pools.ts';
import type { Html } from '../http/pages/frame.ts';
import { type Column, none, options, time } from '../http/pages/parts.ts';
import { actionForm } from '../operator/operator-parts.ts';

export const storedColumns: Column<StoredCredential>[] = [
  { name: 'Pool', cell: ({ pool }) => pool },
  { name: 'Name', look: 'model', cell: ({ id, name }) => html`<a href="/admin/pools/${id}">${name}</a>` },
  { name: 'Base URL', look: 'id', cell: ({ baseUrl }) => baseUrl },
  { name: 'Dialect', cell: ({ dialectFamily }) => dialectFamily },
  { name: 'Priority', look: 'number', cell: ({ priority }) => String(priority) },
  { name: 'Weight', look: 'number', cell: ({ weight }) => String(weight) },
  { name: 'State', look: 'whole', cell: stateOf },
  {
    name: 'Models renamed',
    look: 'id',
    cell: ({ modelMap }) =>
      Object.keys(modelMap).length === 0 ? none : html`${mapLines(modelMap).map((line) => html`${line}<br />`)}`,
  },
  { name: 'Changed', look: 'time', cell: ({ updatedAt }) => time(updatedAt) },
];

function stateOf({ isEnabled, opens }: StoredCredential): Html {
  if (!opens) return html`<span class="bad">does not open</span>`;
  return isEnabled ? html`<span class="good">in use</span>` : html`<span class="bad">switched off</span>`;
}

function mapLines(modelMap: StoredCredential['modelMap']): string[] {
  return Object.entries(modelMap).map(([slug, name]) => `${slug} = ${name}`);
}

export function addForm(): Html {
  return actionForm({
    title: 'Add a credential',
    text: 'Its key is sealed and never shown again. Each instance uses it within seconds.',
    action: '/admin/pools',
    button: 'Add credential',
    fields: html`<label
        >Pool, such as openai or shared<input name="pool" required maxlength="80" autocomplete="off"
      /></label>
      <label>Name<input name="name" required maxlength="80" autocomplete="off" /></label>
      <label
        >Base URL, such as https://api.openai.com/v1<input
          name="baseUrl"
          type="url"
          required
          maxlength="500"
          autocomplete="off"
      /></label>
      <label
        >Dialect<select name="dialectFamily">
          ${options(
            [
              ['openai', 'OpenAI'],
              ['anthropic', 'Anthropic'],
            ],
            'openai',
          )}
        </select></label
      >
      <label>Key at the upstream<input name="secret" type="password" required autocomplete="off" /></label>
      ${loadFields(0, 1)}${mapField('')}`,
  });
}

export function routeForm(): Html {
  return actionForm({
    title: 'Set the pools of a family',
    text: 'Tried from left to right, while nothing was answered. What a customer pays follows the requested model.',
    action: '/admin/pools/routes',
    button: 'Set pools',
    fields: html`<label
        >Family<select name="family">
          ${options(
            modelFamilies.map((family) => [family, family] as const),
            '',
          )}
        </select></label
      >
      <label>Pools with commas between<input name="pools" required maxlength="500" autocomplete="off" /></label>`,
  });
}

export function credentialForms({ id, baseUrl, priority, weight, isEnabled, modelMap }: StoredCredential): Html {
  return html`${actionForm({
      title: 'Change',
      text: 'How much it is used, and what the upstream calls models.',
      action: `/admin/pools/${id}/change`,
      button: 'Change credential',
      fields: html`${loadFields(priority, weight)}
        <label
          >State<select name="isEnabled">
            ${options(
              [
                ['true', 'in use'],
                ['false', 'switched off'],
              ],
              String(isEnabled),
            )}
          </select></label
        >
        ${mapField(mapLines(modelMap).join('\n'))}`,
    })}
    ${actionForm({
      title: 'Replace the secret',
      text: 'The address is changed here, too: a stored key is never sent to a new address.',
      action: `/admin/pools/${id}/secret`,
      button: 'Replace secret',
      fields: html`<label
          >Base URL<input name="baseUrl" type="url" required maxlength="500" value="${baseUrl}" autocomplete="off"
        /></label>
        <label>New key at the upstream<input name="secret" type="password" required autocomplete="off" /></label>`,
    })}
    <form class="card" method="post" action="/admin/pools/${id}/probe">
      <h3>Probe</h3>
      <p>Asks the upstream for its models with this key, which costs nothing.</p>
      <button>Probe now</button>
    </form>
    ${actionForm({
      title: 'Remove',
      text: 'No request uses it from then on, and its key is forgotten.',
      action: `/admin/pools/${id}/remove`,
      button: 'Remove credential',
    })}`;
}

function loadFields(priority: number, weight: number): Html {
  return html`<label
      >Priority, 0 first<input
        name="priority"
        inputmode="numeric"
        required
        pattern="\\d{1,4}"
        value="${String(priority)}"
    /></label>
    <label
      >Weight among equals<input
        name="weight"
        inputmode="numeric"
        required
        pattern="\\d{1,4}"
        value="${String(weight)}"
    /></label>`;
}

function mapField(text: string): Html {
  return html`<label
    >Models that the upstream calls otherwise, one “slug = its name” a line<textarea name="modelMap" rows="3">
${text}</textarea>
  </label>`;
}
