import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { decodeReply } from '#proxy/reply/decode-reply.ts';
import { createSend } from '#proxy/upstream/send.ts';
import { directNetwork } from '../../support/direct-network.ts';
import { startMockUpstream } from '../../support/fakes/mock-upstream.ts';

const plain = Buffer.from('{"choices":[]}');
const bodies: [string, Record<string, string>, Buffer][] = [
  ['as it is', {}, plain],
  ['compressed', { 'content-encoding': 'gzip' }, gzipSync(plain)],
  ['compressed without saying so', {}, gzipSync(plain)],
];

test.each(bodies)(
  'a defect in what reads a body that came %s ends this read, not the process (E115)',
  async (_case, headers, body) => {
    const upstream = await startMockUpstream();
    upstream.script({ headers: { 'content-type': 'application/json', ...headers }, body });
    const network = directNetwork();
    onTestFinished(() => network.close());
    const request = { origin: upstream.origin, path: '/v1/models', method: 'GET', headers: {}, body: null } as const;
    const sent = await createSend(network).send({ ...request, mayBePrivate: true }, new AbortController().signal);
    const read = decodeReply(sent).read(() => {
      throw new Error('made by this test');
    });
    await expect(read).rejects.toMatchObject({ code: 'internal_error', cause: { message: 'made by this test' } });
  },
);
