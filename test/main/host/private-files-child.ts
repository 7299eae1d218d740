// Creates every kind of private file under the most permissive umask there is.
import { fileSecretStore } from '../../../src/main/host/file-secret-store.ts';
import { openHome } from '../../../src/main/host/home.ts';
import { openFileLogger } from '../../../src/main/host/node-ports.ts';
import { claimHome } from '../../../src/main/host/owner.ts';

process.umask(0);
const [home = ''] = process.argv.slice(2);
await openHome(home);
const claim = await claimHome(home);
if (claim.kind !== 'owner') throw new Error('the folder was not free');
await claim.ownership.announce({ pid: process.pid, port: 1, secret: 's'.repeat(43), startedAtMs: 0 });
const logger = await openFileLogger(home);
await fileSecretStore({ home, passphrase: undefined, logger }).write('provider.a', 'sk-secret-value');
logger.info('written');
logger.flush();
process.stdout.write('done\n');
