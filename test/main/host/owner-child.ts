// One start of Corvus, reduced to its ownership: claims the folder, answers /api/hello, stays until it is killed.
import { createServer } from 'node:http';
import { claimHome, newOwnerSecret, ownerProof } from '../../../src/main/host/owner.ts';

const [home = ''] = process.argv.slice(2);
const claim = await claimHome(home, 60_000);
if (claim.kind === 'attached') {
  process.stdout.write(`${JSON.stringify({ kind: 'attached', pid: claim.owner.pid })}\n`);
} else {
  const secret = newOwnerSecret();
  const server = createServer((request, response) => {
    const nonce = new URL(request.url ?? '/', 'http://localhost').searchParams.get('nonce') ?? '';
    response.end(JSON.stringify({ proof: ownerProof(secret, nonce) }));
  });
  server.listen(0, '127.0.0.1', async () => {
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await claim.ownership.announce({ pid: process.pid, port, secret, startedAtMs: Date.now() });
    process.stdout.write(`${JSON.stringify({ kind: 'owner', pid: process.pid })}\n`);
  });
}
