import { toCorvusError, CorvusError } from '#shared/errors.ts';
import type { PeerCertificate } from 'node:tls';

/** What is known about a certificate that was not accepted. */
export interface ShownCertificate {
  /** The authority that signed it, as its name says. */
  issuer: string;
  isSelfSigned: boolean;
  validFrom: string;
  validTo: string;
}

const shown = new WeakMap<Error, ShownCertificate>();

/** Remembers which certificate led to an error. */
export function noteCertificate(error: Error, certificate: ShownCertificate): void {
  shown.set(error, certificate);
}

export function describeCertificate({ subject, issuer, valid_from, valid_to }: PeerCertificate): ShownCertificate {
  const name = issuer.CN ?? issuer.O ?? 'an unnamed authority';
  return {
    issuer: String(name).slice(0, 120),
    isSelfSigned: JSON.stringify(subject) === JSON.stringify(issuer),
    validFrom: dayOf(valid_from),
    validTo: dayOf(valid_to),
  };
}

const offlineCodes: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'ENETDOWN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
]);

const timeoutCodes: ReadonlySet<string> = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);

const untrustedCodes =
  /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER_CERT|UNABLE_TO_GET_ISSUER_CERT_LOCALLY|UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_UNTRUSTED)$/;

/**
 * Why no answer came from a host, as a refusal whose sentence says what to do.
 * @param nowMs this machine's time, which decides whether a certificate is valid
 */
export function connectionRefusal(error: unknown, host: string, nowMs: number): CorvusError {
  const cause = rootCause(error);
  const known = toCorvusError(cause);
  if (known.code !== 'internal_error') return known;
  const code = codeOf(cause);
  const refuse = (name: Parameters<typeof toRefusal>[0], message: string) => toRefusal(name, message, cause);
  if (/^(ENOTFOUND|EAI_AGAIN)$/.test(code))
    return refuse(
      'offline',
      `This machine cannot find ${host}. Check the address for typos, and your network connection.`,
    );
  if (offlineCodes.has(code))
    return refuse('offline', `This machine cannot reach ${host}. Check your network connection.`);
  if (timeoutCodes.has(code))
    return refuse('upstream_timeout', `${host} did not answer in time. Check the address and your network.`);
  const certificate = cause instanceof Error ? shown.get(cause) : undefined;
  if (untrustedCodes.test(code)) return refuse('certificate_not_trusted', untrustedSentence(host, code, certificate));
  if (/CERT_(HAS_EXPIRED|NOT_YET_VALID)/.test(code)) {
    const range = certificate ? ` It is valid from ${certificate.validFrom} to ${certificate.validTo}.` : '';
    const today = new Date(nowMs).toISOString().slice(0, 10);
    return refuse(
      'tls_error',
      `The certificate of ${host} is not valid today.${range} This machine's date is ${today}; if that is wrong, set the clock.`,
    );
  }
  if (code === 'EPROTO' || /WRONG_VERSION/.test(code))
    return refuse(
      'tls_error',
      `${host} does not use https. If it is your own server, its address probably begins with http://.`,
    );
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return refuse(
      'tls_error',
      `The certificate of ${host} belongs to another name: check the address, or the network that you are in.`,
    );
  if (/CERT|TLS|SSL|SIGNATURE|CRL|CA\b/.test(code))
    return refuse('tls_error', `The certificate of ${host} is not accepted (${code}).`);
  if (code === 'ECONNREFUSED')
    return refuse('upstream_connection_error', `Nothing is listening at ${host}. Check the address.`);
  const why = code === '' ? '' : ` (${code})`;
  return refuse('upstream_connection_error', `The connection to ${host} failed${why}. Check the address.`);
}

/** The code of a socket's error; empty where it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** `fetch` wraps what happened, sometimes twice. */
function rootCause(error: unknown): unknown {
  if (error instanceof CorvusError || !(error instanceof Error) || codeOf(error) !== '') return error;
  return error.cause instanceof Error ? rootCause(error.cause) : error;
}

function toRefusal(
  code: 'offline' | 'upstream_timeout' | 'certificate_not_trusted' | 'tls_error' | 'upstream_connection_error',
  message: string,
  cause: unknown,
): CorvusError {
  return new CorvusError(code, message, {}, cause);
}

function untrustedSentence(host: string, code: string, certificate: ShownCertificate | undefined): string {
  const remedy =
    'name the file with its certificate under Settings, Network, or in NODE_EXTRA_CA_CERTS, if you trust it';
  if (!certificate) return `The certificate of ${host} is not trusted (${code}). To accept its authority, ${remedy}.`;
  if (certificate.isSelfSigned) return `${host} signs its certificate itself (as “${certificate.issuer}”): ${remedy}.`;
  return `The certificate of ${host} is signed by “${certificate.issuer}”, which this machine does not trust: a proxy or antivirus program may read the connection, or the server has a private authority. To accept it, ${remedy}.`;
}

function dayOf(date: string): string {
  const ms = Date.parse(date);
  return Number.isNaN(ms) ? date : new Date(ms).toISOString().slice(0, 10);
}
