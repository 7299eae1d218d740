import { CorvusError } from '#shared/errors.ts';

/**
 * A failing ledger refuses calls, it never lets them through: money that cannot be reserved is not spent.
 * @param sentence the message of the refusal
 */
export async function failClosed<T>(work: Promise<T>, sentence?: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CorvusError) throw error;
    throw new CorvusError('billing_unavailable', sentence, { retryAfterSeconds: 5 }, error);
  }
}
