import { shortened } from '../short-names.ts';

const allowed = /^[a-zA-Z0-9_-]+$/;
const mostCharacters = 64;

/**
 * Messages allows few characters in the id of a call. Equal ids stay equal and different ones differ, so results find
 * their calls.
 */
export function callIdFor(id: string): string {
  if (allowed.test(id)) return shortened(id, mostCharacters);
  const hex = [...new TextEncoder().encode(id)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return shortened(`call_${hex}`, mostCharacters);
}
