import { toCorvusError } from '#shared/errors.ts';
import type { Ports } from '../ports.ts';
import { listModels } from './list-models.ts';
import { proveKey } from './prove-key.ts';
import { adapterFor } from './registry.ts';
import type { ProviderRecord, ProviderTest } from '../store/records.ts';
import { within } from './within.ts';

const timeoutMs = 15_000;

/** Asks a provider for its models, and whether the key is good. Never throws: what went wrong is the result. */
export async function testProvider(
  record: ProviderRecord,
  readKey: () => Promise<string | null>,
  { clock, logger }: Pick<Ports, 'clock' | 'logger'>,
): Promise<ProviderTest> {
  const atMs = clock.nowMs();
  try {
    return await within(clock, timeoutMs, async (signal) => {
      const secret = await readKey();
      const context = { signal, nowMs: atMs };
      const models = await listModels(record, secret, context);
      const latencyMs = clock.nowMs() - atMs;
      const remark = secret === null ? null : await proveKey(record, secret, models, context);
      const isOffer = adapterFor(record.kind)?.namesDeployments !== true;
      const offer = isOffer ? `${models.length} ${models.length === 1 ? 'model' : 'models'}` : 'Calls name a deployment of yours';
      const message = remark === null ? offer : `${offer}; ${remark}`;
      return { id: record.id, models: isOffer ? models : null, lastTest: { atMs, ok: true, message, latencyMs } };
    });
  } catch (error) {
    const refusal = toCorvusError(error);
    if (refusal.code === 'internal_error') logger.error('providers.test-failed', { id: record.id, cause: String(refusal.cause) });
    return { id: record.id, models: null, lastTest: { atMs, ok: false, message: refusal.message, latencyMs: null } };
  }
}
