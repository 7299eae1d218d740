import { html } from 'hono/html';
import { decisionSchema } from '../operator/operator-input.ts';
import { addCredential, changeCredential, removeCredential, replaceSecret, routeFamily } from './change-pools.ts';
import { addCredentialSchema, changeCredentialSchema, replaceSecretSchema, routeSchema } from './pool-input.ts';
import { probeCredential } from './probe-credential.ts';
import { listFamilyRoutes, listStoredCredentials } from './report-pools.ts';
import { parseInput, pathId } from '../http/read-input.ts';
import { none, table, time } from '../http/pages/parts.ts';
import { operatorForm, operatorPage } from '../operator/operator-page.ts';
import { addForm, credentialForms, routeForm, storedColumns } from './pool-parts.ts';
import type { UpstreamRouteDeps } from './upstream-route-deps.ts';

const healthLooks = { well: 'good', cooling: 'bad', out: 'bad' } as const;
const sources = { settings: 'from the settings', database: 'database' } as const;
const pools = operatorPage<UpstreamRouteDeps>('/admin/pools', async ({ services, refused }) => {
  const [stored, routes] = await Promise.all([listStoredCredentials(services), listFamilyRoutes(services)]);
  const body = html`<h1>Pools</h1>
    <p class="lead">
      Credentials by model family, as this instance sees them. Lower priority comes first; secrets are never shown. What
      is from the settings is changed in the pools file.
    </p>
    ${table({
      name: 'Credentials',
      rows: services.pools.report(),
      columns: [
        { name: 'Family', cell: ({ family }) => family },
        { name: 'Credential', look: 'model', cell: ({ name }) => name },
        { name: 'Source', look: 'whole', cell: ({ source }) => sources[source] },
        { name: 'Upstream', look: 'id', cell: ({ origin }) => origin ?? none },
        { name: 'Priority', look: 'number', cell: ({ priority }) => String(priority) },
        { name: 'Weight', look: 'number', cell: ({ weight }) => String(weight) },
        { name: 'Health', cell: ({ health }) => html`<span class="${healthLooks[health]}">${health}</span>` },
        { name: 'Implausible usage', look: 'number', cell: ({ implausibleUsage }) => String(implausibleUsage) },
        { name: 'Failures in a row', look: 'number', cell: ({ failuresInRow }) => String(failuresInRow) },
        {
          name: 'Cooldown until',
          look: 'time',
          cell: ({ coolUntilMs }) => time(coolUntilMs === null ? null : new Date(coolUntilMs).toISOString()),
        },
      ],
      empty: 'No pool is configured.',
    })}
    <h2>Families</h2>
    ${table({
      name: 'Families',
      rows: routes,
      columns: [
        { name: 'Family', cell: ({ family }) => family },
        { name: 'Pools, first choice first', cell: ({ pools: names }) => names.join(', ') },
      ],
      empty: 'There is no family.',
    })}
    <div class="forms">${routeForm(refused)}</div>
    <h2>In the database</h2>
    ${
      services.seal
        ? ''
        : html`<p class="note">
            No upstream key is kept in the database yet. To begin, set <code>CORVUSLLM_BACKEND_MASTER_KEY</code> to what
            <code>openssl rand -base64 32</code> prints, the same for every instance, and restart.
          </p>`
    }
    ${table({ name: 'Credentials in the database', rows: stored, columns: storedColumns, empty: 'There is none.' })}
    ${services.seal ? html`<div class="forms">${addForm(refused)}</div>` : ''}`;
  return { title: 'Pools', body };
});

const credential = operatorPage<UpstreamRouteDeps>('/admin/pools/:id', async ({ context, services, refused }) => {
  const stored = (await listStoredCredentials(services)).filter(({ id }) => id === pathId(context));
  const body = html`<h1>Credential</h1>
    <p class="lead"><a href="/admin/pools">All pools</a> · <a href="/admin/audit?q=${pathId(context)}">audit log</a></p>
    ${table({ name: 'Credential', rows: stored, columns: storedColumns, empty: 'There is no such credential in use.' })}
    ${stored.map(
      (one) =>
        html`<h2>Changes</h2>
          <div class="forms">${credentialForms(one, refused)}</div>`,
    )}`;
  return { title: 'Credential', body };
});

const add = operatorForm<UpstreamRouteDeps>('/admin/pools', pools, async ({ services, operator, form }) => {
  await addCredential(services, operator, parseInput(addCredentialSchema, form));
  return '/admin/pools';
});

const route = operatorForm<UpstreamRouteDeps>('/admin/pools/routes', pools, async ({ services, operator, form }) => {
  await routeFamily(services, operator, parseInput(routeSchema, form));
  return '/admin/pools';
});

const change = operatorForm<UpstreamRouteDeps>(
  '/admin/pools/:id/change',
  credential,
  async ({ context, services, operator, form }) => {
    await changeCredential(services, operator, { id: pathId(context), ...parseInput(changeCredentialSchema, form) });
    return `/admin/pools/${pathId(context)}`;
  },
);

const secret = operatorForm<UpstreamRouteDeps>(
  '/admin/pools/:id/secret',
  credential,
  async ({ context, services, operator, form }) => {
    await replaceSecret(services, operator, { id: pathId(context), ...parseInput(replaceSecretSchema, form) });
    return `/admin/pools/${pathId(context)}`;
  },
);

const remove = operatorForm<UpstreamRouteDeps>(
  '/admin/pools/:id/remove',
  credential,
  async ({ context, services, operator, form }) => {
    await removeCredential(services, operator, { id: pathId(context), ...parseInput(decisionSchema, form) });
    return '/admin/pools';
  },
);

const probe = operatorForm<UpstreamRouteDeps>('/admin/pools/:id/probe', credential, async ({ context, services }) => {
  const { result, text } = await probeCredential(services, pathId(context));
  const body = html`<h1>Probe</h1>
    <p class="note" role="status"><span class="${result === 'well' ? 'good' : 'bad'}">${text}</span></p>
    <p><a href="/admin/pools/${pathId(context)}">Back to the credential</a></p>`;
  return { title: 'Probe', body };
});

export const poolPages = [pools, credential, add, route, change, secret, remove, probe] as const;
