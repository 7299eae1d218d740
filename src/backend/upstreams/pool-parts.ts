import { html } from 'hono/html';
import { modelFamilies } from '#shared/domain/model-price.ts';
import type { StoredCredential } from './report-pools.ts';
import { type Fields, formPart, type RefusedForm } from '../http/pages/form.ts';
import type { Html } from '../http/pages/frame.ts';
import { type Column, none, time } from '../http/pages/parts.ts';
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

const dialects = [
  ['openai', 'OpenAI'],
  ['anthropic', 'Anthropic'],
] as const;

export function addForm(refused: RefusedForm | null): Html {
  return actionForm({
    title: 'Add a credential',
    text: 'Its key is sealed and never shown again. Each instance uses it within seconds.',
    action: '/admin/pools',
    button: 'Add credential',
    refused,
    fields: (fields) =>
      html`${fields.input({ name: 'pool', label: 'Pool, such as openai or shared' }, { required: '', maxlength: 80 })}
      ${fields.input({ name: 'name', label: 'Name' }, { required: '', maxlength: 80 })}
      ${addressField(fields, 'Base URL, such as https://api.openai.com/v1', '')}
      ${fields.select({ name: 'dialectFamily', label: 'Dialect', value: 'openai' }, dialects)}
      ${fields.secret({ name: 'secret', label: 'Key at the upstream' })} ${loadFields(fields, 0, 1)}
      ${mapField(fields, '')}`,
  });
}

export function routeForm(refused: RefusedForm | null): Html {
  return actionForm({
    title: 'Set the pools of a family',
    text: 'Tried from left to right, while nothing was answered. What a customer pays follows the requested model.',
    action: '/admin/pools/routes',
    button: 'Set pools',
    refused,
    fields: (fields) =>
      html`${fields.select(
        { name: 'family', label: 'Family' },
        modelFamilies.map((family) => [family, family] as const),
      )}
      ${fields.input({ name: 'pools', label: 'Pools with commas between' }, { required: '', maxlength: 500 })}`,
  });
}

export function credentialForms(credential: StoredCredential, refused: RefusedForm | null): Html {
  const { id, baseUrl } = credential;
  return html`${changeForm(credential, refused)}
  ${actionForm({
    title: 'Replace the secret',
    text: 'The address is changed here, too: a stored key is never sent to a new address.',
    action: `/admin/pools/${id}/secret`,
    button: 'Replace secret',
    refused,
    fields: (fields) =>
      html`${addressField(fields, 'Base URL', baseUrl)}
      ${fields.secret({ name: 'secret', label: 'New key at the upstream' })}`,
  })}
  ${formPart({
    action: `/admin/pools/${id}/probe`,
    refused,
    content: () =>
      html`<h3>Probe</h3>
        <p>Asks the upstream for its models with this key, which costs nothing.</p>
        <button>Probe now</button>`,
  })}
  ${actionForm({
    title: 'Remove',
    text: 'No request uses it from then on, and its key is forgotten.',
    action: `/admin/pools/${id}/remove`,
    button: 'Remove credential',
    isGrave: true,
    refused,
  })}`;
}

const states = [
  ['true', 'in use'],
  ['false', 'switched off'],
] as const;

function changeForm(
  { id, priority, weight, isEnabled, modelMap }: StoredCredential,
  refused: RefusedForm | null,
): Html {
  return actionForm({
    title: 'Change',
    text: 'How much it is used, and what the upstream calls models.',
    action: `/admin/pools/${id}/change`,
    button: 'Change credential',
    refused,
    fields: (fields) =>
      html`${loadFields(fields, priority, weight)}
      ${fields.select({ name: 'isEnabled', label: 'State', value: String(isEnabled) }, states)}
      ${mapField(fields, mapLines(modelMap).join('\n'))}`,
  });
}

function addressField(fields: Fields, label: string, value: string): Html {
  return fields.input({ name: 'baseUrl', label, value }, { type: 'url', required: '', maxlength: 500 });
}

function loadFields(fields: Fields, priority: number, weight: number): Html {
  const whole = { type: 'number', required: '', step: 1, max: 1000 } as const;
  return html`${fields.input(
    { name: 'priority', label: 'Priority, 0 first', value: String(priority) },
    { ...whole, min: 0 },
  )}
  ${fields.input({ name: 'weight', label: 'Weight among equals', value: String(weight) }, { ...whole, min: 1 })}`;
}

function mapField(fields: Fields, value: string): Html {
  const label = 'Models that the upstream calls otherwise, one “slug = its name” a line';
  return fields.area({ name: 'modelMap', label, value }, { rows: 3 });
}
