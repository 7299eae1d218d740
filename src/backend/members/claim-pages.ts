import { html } from 'hono/html';
import { claimKey, type ClaimState, readClaim } from './claim-links.ts';
import { toCorvusError } from '#shared/errors.ts';
import type { HttpContext, OpenEndpoint } from '../http/endpoint.ts';
import { pageResponse } from '../http/pages/page.ts';
import { firstCall } from '../keys/connect-part.ts';
import type { MemberRouteDeps } from './member-route-deps.ts';

const path = '/claim/:token';
const waitingRefreshS = 3;

/** What a link says that gives no key now. */
const words: Readonly<Record<Exclude<ClaimState, 'open'>, { title: string; text: string; status: number }>> = {
  unpaid: {
    title: 'Waiting for the payment',
    text: 'You can get your key here as soon as the order is paid. This page reloads by itself; keep its address.',
    status: 200,
  },
  not_payable: {
    title: 'Not paid',
    text: 'This order was not paid, and nothing was charged. Start a new one.',
    status: 200,
  },
  used: {
    title: 'Already used',
    text: 'This link has already given its key, and works only once. If that was not you, or the key is lost, ask the person who sent you the link, or the operator of this service with the order number, to revoke the key and send a new link.',
    status: 410,
  },
  expired: {
    title: 'Too late',
    text: 'This link has expired. Ask the person who sent it, or the operator of this service with the order number, for a new one. What you paid is not lost.',
    status: 410,
  },
  unknown: { title: 'No such link', text: 'Check the address, or ask for a new link.', status: 404 },
};

export const getClaim: OpenEndpoint<MemberRouteDeps> = {
  method: 'get',
  path,
  access: 'open',
  handle: (context, services) => showClaim(context, services),
};

/** Opening the page does not use the link, because mail programs open links too; the button does. */
export const postClaim: OpenEndpoint<MemberRouteDeps> = {
  method: 'post',
  path,
  access: 'open',
  async handle(context, services) {
    try {
      const parts = { random: services.random, nowMs: services.clock.nowMs() };
      const { row, key, revokedHash } = await claimKey(services.db, context.req.param('token') ?? '', parts);
      if (revokedHash !== null) services.events.emit('key.changed', { keyHash: revokedHash });
      services.events.emit('account.changed', { accountId: row.account_id });
      return showKey(services, key);
    } catch (thrown) {
      const error = toCorvusError(thrown);
      if (error.code === 'internal_error') throw thrown;
      const { state } = await readClaim(services.db, context.req.param('token') ?? '', services.clock.nowMs());
      // The link stays valid: the account cannot take the key now.
      return state === 'open'
        ? pageResponse(
            'Not now',
            String(
              await html`<h1>Not now</h1>
                <p role="alert">${error.message}</p>`,
            ),
            error.status,
          )
        : showClaim(context, services);
    }
  },
};

async function showClaim(context: HttpContext, services: MemberRouteDeps): Promise<Response> {
  const { state, order } = await readClaim(services.db, context.req.param('token') ?? '', services.clock.nowMs());
  if (state === 'open') return pageResponse('Get your key', ready);
  const { title, text, status } = words[state];
  const number = order
    ? html`<dl>
        <dt>Order</dt>
        <dd>${order.id}</dd>
      </dl>`
    : '';
  const pay =
    order && state === 'unpaid'
      ? html`<p><a class="button" href="/checkout/${order.id}">Go to the payment</a></p>`
      : '';
  const response = pageResponse(
    title,
    String(
      await html`<h1>${title}</h1>
        <p role="status">${text}</p>
        ${number}${pay}`,
    ),
    status,
  );
  if (state === 'unpaid') response.headers.set('refresh', String(waitingRefreshS));
  return response;
}

const ready = `<h1>Your key is ready</h1>
<p>It is made when you press the button and shown once, so do this where you can keep it. The link works one time only.</p>
<form method="post"><button type="submit">Show my key</button></form>`;

async function showKey(services: MemberRouteDeps, key: string): Promise<Response> {
  const call = firstCall(services, key);
  const body = html`<h1>Your key</h1>
    <p class="note" role="status">This is the only time the key is shown. Copy it now; it is not stored here.</p>
    <p class="secret" id="customer-key">${key}</p>
    <h2>Base URL</h2>
    <p class="secret">${services.publicBaseUrl()}/v1</p>
    <p>For Anthropic clients: ${services.publicBaseUrl()}/anthropic</p>
    ${
      call === null
        ? ''
        : html`<h2>A first request</h2>
            <pre class="secret" role="group" tabindex="0" aria-label="A first request with curl">${call}</pre>`
    }
    <p class="after">
      Balance, requests and keys are on the <a href="/dashboard">dashboard</a>, which opens with this key.
    </p>`;
  return pageResponse('Your key', String(await body));
}
