import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createSecretSeal } from '#backend/upstreams/secret-seal.ts';

const [oldKey, newKey] = [randomBytes(32), randomBytes(32)];
const owner = { id: 'cred_1', pool: 'openai', name: 'main', baseUrl: 'https://upstream.example/v1' };
const seal = createSecretSeal([oldKey]);
const sealed = seal.seal('sk-upstream', owner);

describe('a sealed secret', () => {
  test('opens for its owner, and is another text every time', () => {
    expect(seal.open(sealed, owner)).toBe('sk-upstream');
    expect(seal.seal('sk-upstream', owner).sealedSecret).not.toBe(sealed.sealedSecret);
    expect(sealed.sealedSecret).not.toContain(Buffer.from('sk-upstream').toString('base64').slice(0, 12));
  });

  test.each([{ id: 'cred_2' }, { pool: 'shared' }, { name: 'other' }, { baseUrl: 'https://thief.example/v1' }])(
    'does not open for %j',
    (moved) => {
      expect(seal.open(sealed, { ...owner, ...moved })).toBeNull();
    },
  );

  test('does not open when a byte of it is another, or some are missing', () => {
    const bytes = Buffer.from(sealed.sealedSecret, 'base64');
    for (const place of bytes.keys()) {
      const altered = Buffer.from(bytes);
      altered.writeUInt8(altered.readUInt8(place) ^ 1, place);
      expect(seal.open({ ...sealed, sealedSecret: altered.toString('base64') }, owner)).toBeNull();
      expect(seal.open({ ...sealed, sealedSecret: bytes.subarray(0, place).toString('base64') }, owner)).toBeNull();
    }
  });

  test('of the older master key opens while both are set, and no longer than that', () => {
    const both = createSecretSeal([newKey, oldKey]);
    expect(both.open(sealed, owner)).toBe('sk-upstream');
    expect(both.isCurrent(sealed.masterKeyId)).toBe(false);
    const again = both.seal('sk-upstream', owner);
    expect(createSecretSeal([newKey]).open(again, owner)).toBe('sk-upstream');
    expect(createSecretSeal([newKey]).open(sealed, owner)).toBeNull();
  });
});
