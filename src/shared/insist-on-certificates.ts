const variable = 'NODE_TLS_REJECT_UNAUTHORIZED';

/**
 * Removes the environment variable that makes Node skip certificate checks: with it, every key could go to an impostor.
 * Called before anything connects. Threads and programs started later do not see the variable either.
 * @returns the warning to show; null where none is needed
 */
export function insistOnCertificates(environment: Record<string, string | undefined>): string | null {
  const value = environment[variable];
  if (value === undefined) return null;
  delete environment[variable];
  if (value !== '0') return null;
  return `warning: ${variable}=0 is ignored: certificates are always checked. For a certificate authority of your own, name its file in NODE_EXTRA_CA_CERTS.\n`;
}
