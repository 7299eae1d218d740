const allowed = /^[a-zA-Z0-9_-]+$/;

/** Messages takes few characters in the id of a call. Equal ids stay equal, and different ones different: call and result must find each other. */
export function callIdFor(id: string): string {
  if (allowed.test(id)) return id;
  return `call_${[...new TextEncoder().encode(id)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
