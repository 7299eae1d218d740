import { toCorvusError } from '#shared/errors.ts';
import type { Ports } from '../ports.ts';
import { listModels } from '../providers/list-models.ts';
import type { ProviderRecord, ProviderTest } from '../store/records.ts';

const timeoutMs = 10_000;

/** Asks a provider for its models. Never throws: what went wrong is the result. */
export async function testProvider(
  record: ProviderRecord,
  readKey: () => Promise<string | null>,
  { clock, logger }: Pick<Ports, 'clock' | 'logger'>,
): Promise<ProviderTest> {
  const atMs = clock.nowMs();
  const timeout = new AbortController();
  const cancel = clock.after(timeoutMs, () => timeout.abort());
  try {
    const models = await listModels(record, await readKey(), timeout.signal);
    const message = `${models.length} ${models.length === 1 ? 'model' : 'models'}`;
    return { id: record.id, models, lastTest: { atMs, ok: true, message, latencyMs: clock.nowMs() - atMs } };
  } catch (error) {
    const refusal = toCorvusError(error);
    if (refusal.code === 'internal_error') logger.error('providers.test-failed', { id: record.id, cause: String(refusal.cause) });
    return { id: record.id, models: null, lastTest: { atMs, ok: false, message: refusal.message, latencyMs: null } };
  } finally {
    cancel();
  }
}
