import { z } from 'zod';
import { type CallFailure, type CallName, contract, type Output } from '#shared/contract/contract.ts';
import { serveCall } from '#shared/contract/serve-call.ts';
import { CorvusError, isErrorCode } from '#shared/errors.ts';
import { claimHome, findOwner, type Owner, type Ownership } from '../host/owner.ts';
import { homePathHere, openHome } from '../host/home.ts';
import { findInstallation } from '../host/installation.ts';
import { loopbackRequest } from '../host/loopback-request.ts';

/** The input of a call before it is checked; the core checks it. */
export type RawInput<K extends CallName> = z.input<(typeof contract)[K]['input']>;

/**
 * Access to the app API: through the process that runs on the data folder, or through a core of its own for one
 * command.
 */
export interface Connection {
  call<K extends CallName>(name: K, input: RawInput<K>): Promise<Output<K>>;
  close(): Promise<void>;
}

const callTimeoutMs = 120_000;
const replySchema = z.union([
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: z.object({ code: z.string(), message: z.string() }) }),
]);

/** Opens the data folder's app API for some work, whether or not Corvus runs there, and closes it after that. */
export async function withConnection<T>(
  homeFlag: string | undefined,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const connection = await connect(homeFlag);
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

async function connect(homeFlag: string | undefined): Promise<Connection> {
  const path = homePathHere(homeFlag);
  const running = await findOwner(path);
  if (running) return connectTo(running);
  const paths = await openHome(path);
  const claim = await claimHome(path);
  return claim.kind === 'attached' ? connectTo(claim.owner) : startForOneCommand(paths, claim.ownership);
}

/**
 * Only a Corvus that keeps running may be written into a tool's settings: one that was opened for a single command
 * closes its port a moment later. Throws `not_running`.
 */
export async function connectToRunning(homeFlag: string | undefined): Promise<Connection> {
  const owner = await findOwner(homePathHere(homeFlag));
  if (!owner)
    throw new CorvusError(
      'not_running',
      'Corvus is not running, so the tool would get no answer. `corvusllm serve` starts it.',
    );
  return connectTo(owner);
}

/** The owner must have proven itself: this sends its secret. */
export function connectTo(owner: Owner): Connection {
  return {
    async call(name, input) {
      const request = {
        port: owner.port,
        path: `/api/call/${name}`,
        body: input,
        bearer: owner.secret,
        timeoutMs: callTimeoutMs,
      };
      const { json } = await loopbackRequest(request);
      return unwrap(name, json);
    },
    close: async () => {},
  };
}

/** A fresh link that logs one browser in. */
export async function dashboardLink(owner: Owner): Promise<string> {
  const { loginLink } = await import('../host/dashboard/dashboard-http.ts');
  const reply = await loopbackRequest({
    port: owner.port,
    path: '/api/login-code',
    body: null,
    bearer: owner.secret,
    timeoutMs: callTimeoutMs,
  });
  const { code } = z.object({ code: z.string() }).parse(reply.json);
  return loginLink(`http://127.0.0.1:${owner.port}`, code);
}

async function startForOneCommand(
  paths: Awaited<ReturnType<typeof openHome>>,
  ownership: Ownership,
): Promise<Connection> {
  const [{ createCore }, { headlessPorts }, { openFileLogger }] = await Promise.all([
    import('#core/create-core.ts'),
    import('./headless-ports.ts'),
    import('../host/node-ports.ts'),
  ]);
  const logger = await openFileLogger(paths.home);
  const { version } = findInstallation(import.meta.dirname);
  const core = createCore(
    { port: { from: 'given', port: 0 }, withSandbox: true, version },
    headlessPorts(paths, logger),
  );
  async function close(): Promise<void> {
    try {
      await core.stop();
    } finally {
      await ownership.release();
    }
    logger.flush();
  }
  try {
    await core.start();
  } catch (error) {
    await close();
    throw error;
  }
  const onFailure = (name: string, cause: unknown) => logger.error('call.failed', { name, cause });
  return { call: async (name, input) => unwrap(name, await serveCall(core.handlers, name, input, onFailure)), close };
}

/** The reply of exactly this call: its schema decides the type, which TypeScript cannot follow through the union. */
function unwrap<K extends CallName>(name: K, json: unknown): Output<K> {
  const reply = replySchema.parse(json);
  if (!reply.ok) throw refusal(reply.error);
  const output = contract[name].output.safeParse(reply.value);
  if (output.success) return output.data as Output<K>;
  throw new CorvusError(
    'internal_error',
    'The running Corvus sent an answer that this command does not understand. Restart Corvus if it was updated.',
    {},
    output.error,
  );
}

function refusal({ code, message }: CallFailure): CorvusError {
  return new CorvusError(isErrorCode(code) ? code : 'internal_error', message);
}
