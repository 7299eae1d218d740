import { hash } from 'node:crypto';

const prefix = 'sk-corvus-';
const secretBytes = 32;
const hintCharacters = 4;

/** A new customer key: 32 random bytes, 43 characters of base64url. */
export function mintCustomerKey(random: (count: number) => Uint8Array): string {
  return prefix + Buffer.from(random(secretBytes)).toString('base64url');
}

/** What is stored instead of the key. */
export function hashCustomerKey(key: string): string {
  return hash('sha256', key);
}

/** Enough to recognise a key, not enough to use it. */
export function hintOf(key: string): string {
  return `${prefix}…${key.slice(-hintCharacters)}`;
}

export function looksLikeCustomerKey(text: string): boolean {
  return /^sk-corvus-[A-Za-z0-9_-]{43}$/.test(text);
}
