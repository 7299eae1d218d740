/** The smallest id that a request of this moment can have: ids begin with their time. */
export function firstIdAt(ms: number): string {
  return `req_${Math.max(0, Math.trunc(ms)).toString(16).padStart(12, '0')}`;
}
