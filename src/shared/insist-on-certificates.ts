const variable = 'NODE_TLS_REJECT_UNAUTHORIZED';

/**
 * Takes the variable out of a program's environment by which Node stops looking at certificates: every key would go to whoever
 * answers. Called before anything connects. Threads and programs started later do not see it either.
 * @returns what to tell the person; null where there is nothing to tell
 */
export function insistOnCertificates(environment: Record<string, string | undefined>): string | null {
  const value = environment[variable];
  if (value === undefined) return null;
  delete environment[variable];
  if (value !== '0') return null;
  return `warning: ${variable}=0 is ignored: certificates are always checked. For a certificate authority of your own, name its file in NODE_EXTRA_CA_CERTS.\n`;
}
