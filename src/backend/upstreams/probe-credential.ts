import { CorvusError, toCorvusError } from '#shared/errors.ts';
import { addressOf, poolHeaders } from './credential-target.ts';
import { findCredential } from './pool-store.ts';
import type { UpstreamRouteDeps } from './upstream-route-deps.ts';

/** The result of one cheap call with a credential. */
export interface ProbeReport {
  result: 'well' | 'refused' | 'unreachable' | 'unclear';
  /** In words, with what to do. */
  text: string;
  httpStatus: number | null;
}

const firstByteTimeoutMs = 10_000;

/**
 * Asks the upstream for its models, which costs nothing. Throws `not_found`, or `conflict` where the secret does not
 * open.
 */
export async function probeCredential({ db, seal, send, clock }: UpstreamRouteDeps, id: string): Promise<ProbeReport> {
  const row = await findCredential(db, id);
  if (!row) throw new CorvusError('not_found', 'There is no such credential in use.');
  const { pool, name, base_url: baseUrl } = row;
  const apiKey =
    seal?.open({ sealedSecret: row.sealed_secret, masterKeyId: row.master_key_id }, { id, pool, name, baseUrl }) ??
    null;
  if (apiKey === null)
    throw new CorvusError('conflict', 'No master key that is set opens this secret: replace the secret.');
  const headers = { accept: 'application/json', ...poolHeaders(row.dialect_family, apiKey, {}) };
  const over = new AbortController();
  const cancel = clock.after(firstByteTimeoutMs, () => over.abort());
  try {
    const request = {
      ...addressOf({ baseUrl }, '/v1/models'),
      method: 'GET' as const,
      headers,
      body: null,
      mayBePrivate: true,
    };
    const reply = await send.send(request, over.signal);
    reply.abort();
    return judge(reply.status);
  } catch (error) {
    const why = over.signal.aborted ? 'It did not answer within 10 seconds.' : toCorvusError(error).message;
    return { result: 'unreachable', text: `Unreachable. ${why}`, httpStatus: null };
  } finally {
    cancel();
  }
}

function judge(httpStatus: number): ProbeReport {
  if (httpStatus >= 200 && httpStatus < 300)
    return { result: 'well', text: 'Healthy: the upstream accepted the key and listed its models.', httpStatus };
  if (httpStatus === 401 || httpStatus === 403) {
    return { result: 'refused', text: `Refused: the upstream answered ${httpStatus}. Replace the secret.`, httpStatus };
  }
  const text = `Unclear: the upstream answered ${httpStatus} when asked for its models. Check the base URL.`;
  return { result: 'unclear', text, httpStatus };
}
