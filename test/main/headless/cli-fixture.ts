import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { Handlers } from '#shared/contract/contract.ts';
import { createDashboard } from '../../../src/main/host/dashboard/dashboard-http.ts';
import { nodeClock, nodeRandom, silentLogger } from '../../../src/main/host/node-ports.ts';
import { claimHome, newOwnerSecret } from '../../../src/main/host/owner.ts';
import type { CommandIo } from '../../../src/main/headless/output.ts';
import { runCli } from '../../../src/main/headless/run-cli.ts';
import { stubCore } from '../../support/stub-core.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

/** One command line in this process. */
export async function run(
  parameters: string[],
  stdin: string | readonly Buffer[] = '',
  prompts: CommandIo['prompts'] = null,
  isReaderGone = () => false,
) {
  let out = '';
  let error = '';
  const code = await runCli(parameters, {
    stdin: Readable.from(typeof stdin === 'string' ? [stdin] : stdin),
    write: async (text) => void (out += text),
    isReaderGone,
    writeError: async (text) => void (error += text),
    prompts,
    umask: 0o022,
  });
  return { code, out, error };
}

/** A running owner of a fresh home, with a core of which only these calls are real. */
export async function ownedHome(handlers: Partial<Handlers>) {
  const home = await temporaryHome();
  const claim = await claimHome(home);
  if (claim.kind !== 'owner') throw new Error('the folder was not free');
  const secret = newOwnerSecret();
  const dashboard = createDashboard({
    core: stubCore(handlers),
    rendererFolder: join(home, 'renderer'),
    sessionsPath: join(home, 'sessions.json'),
    ownerSecret: secret,
    clock: nodeClock,
    random: nodeRandom,
    logger: silentLogger,
  });
  const server = createServer((request, response) => dashboard.listener(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await claim.ownership.release();
  });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await claim.ownership.announce({ pid: process.pid, port, secret, startedAtMs: 0 });
  return { home, port };
}
