import fc from 'fast-check';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { createChunkGatherer } from '#proxy/body/gather-chunks.ts';
import { chatBody } from './raw-request.ts';
import { clientKey, startGateway } from './start-gateway.ts';

test('whatever the chunks are, their bytes are kept in order, in few pieces', () => {
  const sizes = fc.array(
    fc.oneof(
      fc.integer({ min: 0, max: 5 }),
      fc.integer({ min: 0, max: 3_000 }),
      fc.constantFrom(1_023, 1_024, 16_384, 20_000),
    ),
    { maxLength: 300 },
  );
  fc.assert(
    fc.property(sizes, (lengths) => {
      const gathered = createChunkGatherer();
      const chunks = lengths.map((length, index) => Buffer.alloc(length, index));
      for (const chunk of chunks) gathered.add(chunk);
      const whole = Buffer.concat(chunks);
      expect(Buffer.concat(gathered.pieces).equals(whole)).toBe(true);
      expect(gathered.pieces.length).toBeLessThanOrEqual(17 + (2 * whole.length) / 1_024 + whole.length / 8_192);
    }),
  );
});

test('a mebibyte that comes byte by byte is a hundred pieces, not a million (F03)', () => {
  const gathered = createChunkGatherer();
  for (let index = 0; index < 1024 * 1024; index += 1) gathered.add(Buffer.from([index % 256]));
  expect(gathered.pieces.length).toBeLessThan(100);
});

test('a body in chunks of one byte arrives whole', async () => {
  const gateway = await startGateway();
  const body = chatBody({ note: 'x'.repeat(20_000) });
  const answer = await new Promise<string>((resolve) => {
    let text = '';
    const socket = connect(gateway.port, '127.0.0.1', () => {
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:${gateway.port}\r\nauthorization: Bearer ${clientKey}\r\ncontent-type: application/json\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n`,
      );
      const pieces = [...Buffer.from(body)].map((byte) =>
        Buffer.concat([Buffer.from('1\r\n'), Buffer.from([byte]), Buffer.from('\r\n')]),
      );
      socket.write(Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]));
    });
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('close', () => resolve(text));
  });
  expect(answer).toMatch(/^HTTP\/1\.1 200/);
  expect(gateway.upstream.received[0]?.body.toString('utf8')).toBe(body);
});
