import type { RequestListener } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import type { Core } from '#core/core.ts';
import type { CallName, CallResult } from '#shared/contract/contract.ts';
import { serveCall } from '#shared/contract/serve-call.ts';
import { CorvusError, errorCatalogue, isErrorCode, toCorvusError } from '#shared/errors.ts';
import type { Clock, Logger, Random } from '#shared/ports.ts';
import { ownerProof } from '../owner.ts';
import type { EventStreams } from './event-stream.ts';
import { servePageFile } from './page-files.ts';
import { readJson } from './read-json.ts';
import { failureText } from './request-guard.ts';
import { securityHeaders } from './security-headers.ts';
import { isSameSecret, sessionLifetimeMs, type Sessions } from './sessions.ts';

const cookieName = 'corvusllm_session';
/** Streams opened by the owner's commands count together, and never end like a login does. */
const commandSession = 'commands';
const tokenHeader = 'x-corvusllm-token';
const noncePattern = /^[A-Za-z0-9_-]{16,128}$/;
const loginSchema = z.strictObject({ code: z.string().max(256) });

export interface DashboardOptions {
  core: Pick<Core, 'handlers' | 'on'>;
  rendererFolder: string;
  /** Where logins are stored. */
  sessionsPath: string;
  /** The secret that commands of the same user send; from owner.json. */
  ownerSecret: string;
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** The app API over HTTP for the pages and for this user's commands, and the pages themselves. */
export function createDashboardApp(
  options: DashboardOptions,
  sessions: Sessions,
  events: EventStreams,
): RequestListener {
  const app = new Hono<{ Variables: { session: string } }>();

  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(securityHeaders)) c.header(name, value);
  });
  app.onError((error) => refuse(logged(error, options.logger)));
  app.use('/api/*', async (c, next) => {
    await next();
    c.header('cache-control', 'no-store');
  });

  app.get('/api/hello', (c) => c.json({ proof: ownerProof(options.ownerSecret, readNonce(c)) }));
  app.get('/api/challenge', (c) => c.json(challengeOf(c, sessions)));
  app.post('/api/login', async (c) => c.json({ token: await logIn(c, sessions) }));
  app.use('/api/*', async (c, next) => {
    const session = sessionOf(c, sessions, options.ownerSecret);
    if (session === null) throw notLoggedIn();
    c.set('session', session);
    await next();
  });
  app.post('/api/login-code', (c) => c.json({ code: sessions.issueCode() }));
  app.post('/api/call/:name', async (c) => replyResult(await runCall(c, options)));
  app.get('/api/events', (c) =>
    c.body(events.open(c.get('session')), 200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
    }),
  );
  app.all('/api/*', () => {
    throw new CorvusError('route_not_found');
  });
  app.get('*', (c) =>
    servePageFile(options.rendererFolder, new URL(c.req.url).pathname, c.req.header('accept-encoding') ?? null),
  );
  app.all('*', () => {
    throw new CorvusError('method_not_allowed');
  });

  return getRequestListener(app.fetch, { overrideGlobalObjects: false });
}

function readNonce(c: Context): string {
  const nonce = c.req.query('nonce') ?? '';
  if (!noncePattern.test(nonce)) throw new CorvusError('bad_request', 'nonce: 16 to 128 letters and digits.');
  return nonce;
}

async function logIn(c: Context, sessions: Sessions): Promise<string> {
  const parsed = loginSchema.safeParse(await readJson(c));
  const session = parsed.success ? await sessions.redeem(parsed.data.code) : null;
  if (!session) {
    throw new CorvusError(
      'invalid_api_key',
      'This login link was used before or is too old. Run `corvusllm dashboard` for a new one.',
    );
  }
  setCookie(c, cookieName, session.cookie, {
    httpOnly: true,
    sameSite: 'Strict',
    path: '/',
    maxAge: sessionLifetimeMs / 1_000,
  });
  return session.token;
}

function challengeOf(c: Context, sessions: Sessions): { challenge: string; proof: string } {
  const challenge = sessions.challenge(getCookie(c, cookieName) ?? '', readNonce(c), hostOf(c));
  if (challenge === null) throw notLoggedIn();
  return challenge;
}

function notLoggedIn(): CorvusError {
  return new CorvusError('invalid_api_key', 'Not logged in. Run `corvusllm dashboard` for a new link.');
}

/** Names this program and its port: other hosts were refused before. */
function hostOf(c: Context): string {
  return (c.req.header('host') ?? '').toLowerCase();
}

/**
 * A page proves itself with its cookie and with what its token makes of the challenge, a command with the owner's
 * secret. null: neither.
 */
function sessionOf(c: Context, sessions: Sessions, ownerSecret: string): string | null {
  const [scheme, bearer] = (c.req.header('authorization') ?? '').split(' ');
  if (scheme === 'Bearer' && bearer) return isSameSecret(bearer, ownerSecret) ? commandSession : null;
  const cookie = getCookie(c, cookieName);
  const answer = c.req.header(tokenHeader);
  return cookie !== undefined && answer !== undefined ? sessions.find(cookie, answer, hostOf(c)) : null;
}

async function runCall(c: Context, { core, logger }: DashboardOptions): Promise<CallResult<CallName>> {
  const input = await readJson(c);
  return serveCall(core.handlers, c.req.param('name') ?? '', input, (name, cause) =>
    logger.error('call.failed', { name, cause }),
  );
}

function replyResult(result: CallResult<CallName>): Response {
  const status = result.ok ? 200 : isErrorCode(result.error.code) ? errorCatalogue[result.error.code].status : 500;
  return new Response(JSON.stringify(result), { status, headers: { 'content-type': 'application/json' } });
}

function refuse(error: CorvusError): Response {
  return new Response(failureText(error), { status: error.status, headers: { 'content-type': 'application/json' } });
}

function logged(error: Error, logger: Logger): CorvusError {
  const refusal = toCorvusError(error);
  if (refusal.code === 'internal_error') logger.error('dashboard.failed', { cause: refusal.cause ?? refusal });
  return refusal;
}
