import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { CorvusError } from '#shared/errors.ts';
import { readPrivateFile, writePrivateFile } from './atomic-file.ts';
import { loopbackRequest } from './loopback-request.ts';

const ownerSchema = z.object({
  pid: z.int(),
  port: z.int().min(1).max(65535),
  secret: z.string().min(32),
  startedAtMs: z.int(),
});
/** The process that runs on a data folder, and how its user's commands reach it. */
export type Owner = z.infer<typeof ownerSchema>;

/** The right to run on a data folder, until released or until this process dies. */
export interface Ownership {
  /** Lets commands and second starts find this process. */
  announce(owner: Owner): Promise<void>;
  release(): Promise<void>;
}

export type Claim = { kind: 'owner'; ownership: Ownership } | { kind: 'attached'; owner: Owner };

const helloTimeoutMs = 2_000;
const claimTimeoutMs = 20_000;
const retryMs = 100;

export function newOwnerSecret(): string {
  return randomBytes(32).toString('base64url');
}

/**
 * Becomes the one owner of a data folder, or finds the current one.
 * While another process is starting or stopping it waits for the outcome; throws when that process never answers.
 */
export async function claimHome(home: string, timeoutMs = claimTimeoutMs): Promise<Claim> {
  // Only a process that may become the owner loads SQLite.
  const { tryLock } = await import('./owner-lock.ts');
  const deadlineMs = Date.now() + timeoutMs;
  do {
    const unlock = await tryLock(join(home, 'owner.lock'));
    if (unlock) return { kind: 'owner', ownership: await takeOwnership(home, unlock) };
    const owner = await findOwner(home);
    if (owner) return { kind: 'attached', owner };
    await sleep(retryMs);
  } while (Date.now() < deadlineMs);
  throw new CorvusError('conflict', await silentOwnerMessage(home));
}

/** The running owner of a data folder, proven to know the folder's secret; null when none answers. */
export async function findOwner(home: string): Promise<Owner | null> {
  const owner = await readOwner(home);
  return owner && (await answersAsOwner(owner)) ? owner : null;
}

/** An owner's answer to a nonce; only a process that can read owner.json can compute it. */
export function ownerProof(secret: string, nonce: string): string {
  return createHmac('sha256', secret).update(nonce).digest('hex');
}

async function takeOwnership(home: string, unlock: () => void): Promise<Ownership> {
  const path = join(home, 'owner.json');
  const forget = () => unlink(path).catch(() => undefined);
  // Left by a process that was killed; its secret must not outlive it.
  await forget();
  let isHeld = true;
  return {
    announce: (owner) => writePrivateFile(path, `${JSON.stringify(owner)}\n`),
    async release() {
      if (!isHeld) return;
      isHeld = false;
      await forget();
      unlock();
    },
  };
}

async function readOwner(home: string): Promise<Owner | null> {
  const file = await readPrivateFile(join(home, 'owner.json'));
  if (!file) return null;
  try {
    return ownerSchema.parse(JSON.parse(file.text));
  } catch {
    return null;
  }
}

const helloSchema = z.object({ proof: z.string() });

/** A program that took over the port of a dead owner learns nothing: the secret is only compared, never sent. */
async function answersAsOwner(owner: Owner): Promise<boolean> {
  const nonce = randomBytes(32).toString('hex');
  try {
    const reply = await loopbackRequest({
      port: owner.port,
      path: `/api/hello?nonce=${nonce}`,
      timeoutMs: helloTimeoutMs,
    });
    const given = Buffer.from(helloSchema.parse(reply.json).proof, 'utf8');
    const expected = Buffer.from(ownerProof(owner.secret, nonce), 'utf8');
    return given.length === expected.length && timingSafeEqual(given, expected);
  } catch {
    return false;
  }
}

async function silentOwnerMessage(home: string): Promise<string> {
  const owner = await readOwner(home).catch(() => null);
  const who = owner ? `process ${owner.pid}` : 'another Corvus process';
  return `${home} is in use by ${who}, which does not answer. End it, or choose another folder with --home.`;
}
