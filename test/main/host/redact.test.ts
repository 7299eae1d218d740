import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openFileLogger } from '../../../src/main/host/node-ports.ts';
import { redact, redactText } from '#shared/redact.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const canaries = [
  'sk-CANARY1234567890',
  'sk-ant-api03-CANARY12345',
  'sk-local-CANARY12345',
  'sk_live_CANARY123456',
  'whsec_CANARY123456789',
  'AIzaCANARY_1234567890abcdefgh',
  'Bearer CANARY.token-value',
  'authorization: CANARYvalue1',
  '"x-api-key":"CANARYvalue2"',
  'X-API-Key=CANARYvalue3',
  'cookie: corvusllm_session=CANARYvalue4',
  'http://127.0.0.1:4477/#login=CANARYvalue5',
  'postgres://corvus:CANARYvalue6@db.internal:5432/corvus',
];

test.each(canaries)('%s does not pass', (canary) => {
  expect(redactText(`before ${canary} after`)).not.toContain('CANARY');
  expect(JSON.stringify(redact({ deep: [{ text: canary }] }))).not.toContain('CANARY');
});

test('fields that hold secrets are hidden by name; ordinary facts stay', () => {
  expect(redactText('Send a Bearer token or a basic plan')).toBe('Send a Bearer token or a basic plan');
  expect(
    redact({
      secret: 'x1',
      customerKey: 'x2',
      token: 'x3',
      prompt: 'x4',
      model: 'corvus/echo',
      inputTokens: 3,
      cost: 5n,
    }),
  ).toEqual({
    secret: '[redacted]',
    customerKey: '[redacted]',
    token: '[redacted]',
    prompt: '[redacted]',
    model: 'corvus/echo',
    inputTokens: 3,
    cost: '5',
  });
});

test('a cycle ends', () => {
  const loop: Record<string, unknown> = {};
  loop['self'] = loop;
  expect(JSON.stringify(redact(loop))).toContain('[deep]');
});

test('the log file holds one JSON line for each event and no canary, whatever was thrown', async () => {
  const home = await temporaryHome();
  const logger = await openFileLogger(home);
  for (const canary of canaries) {
    logger.error(`failed for ${canary}`, {
      cause: new Error(`upstream said ${canary}`, { cause: new Error(canary) }),
      [canary]: 1,
    });
  }
  logger.info('line one\nline two\u2028\u202e\u001b[31m', { model: 'a\r\nb' });
  logger.flush();
  const text = await readFile(join(home, 'corvusllm.log'), 'utf8');
  expect(text).not.toContain('CANARY');
  for (const trick of ['\u2028', '\u202e', '\u001b']) expect(text).not.toContain(trick);
  const lines = text.trim().split('\n');
  expect(lines).toHaveLength(canaries.length + 1);
  for (const line of lines) expect(JSON.parse(line)).toHaveProperty('msg');
});
