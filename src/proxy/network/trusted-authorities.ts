import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { CorvusError } from '#shared/errors.ts';

/** The sources of trusted certificates, for display. */
export interface TrustReport {
  /** The file that is set; null: none. */
  file: { path: string; certificates: number; problem: string | null } | null;
  /** How many come from `NODE_EXTRA_CA_CERTS`. */
  fromEnvironment: number;
  /** How many this machine's own store adds. */
  fromSystem: number;
}

export interface TrustedAuthorities {
  /** Made at the first use: reading the machine's store takes some milliseconds. */
  context(): SecureContext;
  report(): TrustReport;
}

/** What Node brings, what `NODE_EXTRA_CA_CERTS` names, what this machine trusts, and the authorities of a file. */
export function trustedAuthorities(caFile: string | null): TrustedAuthorities {
  let known: { context: SecureContext; report: TrustReport } | null = null;

  function load() {
    const usual = getCACertificates('default');
    const system = systemCertificates();
    const file = caFile === null ? null : readOwn(caFile);
    const all = new Set([...usual, ...system, ...(file?.certificates ?? [])]);
    const context = createSecureContext({ ca: [...all] });
    const report = {
      file:
        caFile === null
          ? null
          : { path: caFile, certificates: file?.certificates.length ?? 0, problem: file?.problem ?? null },
      fromEnvironment: getCACertificates('extra').length,
      fromSystem: system.length,
    };
    return { context, report };
  }
  return {
    context: () => (known ??= load()).context,
    report: () => (known ??= load()).report,
  };
}

function systemCertificates(): string[] {
  try {
    return getCACertificates('system');
  } catch {
    return [];
  }
}

/**
 * A file that became unreadable must not fail every call: the other authorities stay trusted, and Settings shows the
 * problem.
 */
function readOwn(path: string): { certificates: string[]; problem: string | null } {
  try {
    return { certificates: readAuthorities(path), problem: null };
  } catch (error) {
    return { certificates: [], problem: error instanceof Error ? error.message : String(error) };
  }
}

const pem = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** The certificates of a PEM file. Throws `bad_request` where there are none, or one cannot be read. */
export function readAuthorities(path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new CorvusError('bad_request', `The file of certificates ${path} cannot be read.`, { param: 'caFile' });
  }
  const found = text.match(pem) ?? [];
  if (found.length === 0 || !found.every(isCertificate)) {
    throw new CorvusError(
      'bad_request',
      `${path} does not contain certificates in PEM form ("-----BEGIN CERTIFICATE-----").`,
      {
        param: 'caFile',
      },
    );
  }
  return [...found];
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).subject !== undefined;
  } catch {
    return false;
  }
}
