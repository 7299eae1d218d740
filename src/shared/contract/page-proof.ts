/**
 * How a page and Corvus prove to each other that both know a login, without sending its token: HMAC-SHA256 of these
 * texts, under the SHA-256 of the token, as hex. The address is in both, so that a program at another port has no use
 * for an answer that it got or passed on.
 */
interface Exchange {
  /** Random, of this run of Corvus: answers to it end with the run. */
  challenge: string;
  /** Host and port, as browsers send them. */
  host: string;
}

/** What Corvus signs. @param nonce random, of the page */
export function corvusProofText(nonce: string, { challenge, host }: Exchange): string {
  return ['corvus', nonce, challenge, host].join('\n');
}

/** What the page signs; it sends the result with every request of this run. */
export function pageProofText({ challenge, host }: Exchange): string {
  return ['page', challenge, host].join('\n');
}
