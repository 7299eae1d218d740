/** What the package leaves of an answer. */
export interface ResponseFacts {
  headers: Readonly<Record<string, string>>;
}

/** Stripe's own clock when it answered, in seconds. */
export function dateOf(response: ResponseFacts, createdS: number): number {
  // The package's types do not say that `fetch` leaves them in a class of its own.
  const headers = new Headers(response.headers);
  const atMs = Date.parse(headers.get('date') ?? '');
  // An answer that is repeated for its idempotency key is as old as the first one.
  const isRepeated = headers.get('idempotent-replayed') === 'true';
  return isRepeated || Number.isNaN(atMs) ? createdS : Math.floor(atMs / 1000);
}
