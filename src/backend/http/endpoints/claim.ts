import { claimKey, type ClaimState, readClaim } from '../../accounts/claim-links.ts';
import { toCorvusError } from '#shared/errors.ts';
import type { OpenEndpoint } from '../endpoint.ts';
import { pageResponse } from '../pages/page.ts';

const path = '/claim/:token';

const whyNot: Record<Exclude<ClaimState, 'open'>, string> = {
  used: 'This link has made its key already. If it was not you who has that key, tell whoever runs this service: they can revoke it and send another link.',
  expired: 'A link holds for a day. Ask whoever runs this service for another.',
  unknown: 'Check that the whole address was copied, or ask whoever runs this service for another link.',
};

/** Asks first: a program that looks at links in mails must not use them up. */
export const getClaim: OpenEndpoint = {
  method: 'get',
  path,
  access: 'open',
  async handle(context, { db, clock }) {
    const state = await readClaim(db, context.req.param('token') ?? '', clock.nowMs());
    if (state !== 'open') return closed(state);
    return pageResponse(
      'Get your key',
      '<h1>Get your key</h1><p>The key is shown once, on the next page. Have a place ready where you keep it.</p><form method="post"><button>Show my key</button></form>',
    );
  },
};

export const postClaim: OpenEndpoint = {
  method: 'post',
  path,
  access: 'open',
  async handle(context, { db, random, clock, authenticator, publicBaseUrl }) {
    const token = context.req.param('token') ?? '';
    const nowMs = clock.nowMs();
    try {
      const { key, revokedHash } = await claimKey(db, token, { random, nowMs });
      if (revokedHash !== null) authenticator.forget(revokedHash);
      const facts = `<dl><dt>Key</dt><dd id="customer-key">${key}</dd><dt>Base URL</dt><dd>${publicBaseUrl()}/v1</dd></dl>`;
      return pageResponse(
        'Your key',
        `<h1>Your key</h1><p class="note" role="status">Copy it now: it is shown this once and not stored.</p>${facts}`,
      );
    } catch (thrown) {
      const error = toCorvusError(thrown);
      if (error.code !== 'not_found') throw error;
      const state = await readClaim(db, token, nowMs);
      return closed(state === 'open' ? 'used' : state);
    }
  },
};

function closed(state: Exclude<ClaimState, 'open'>): Response {
  return pageResponse('No key here', `<h1>This link makes no key</h1><p>${whyNot[state]}</p>`, state === 'unknown' ? 404 : 410);
}
