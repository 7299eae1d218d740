import { CorvusError } from '#shared/errors.ts';

/** Money that cannot be reserved is not spent: a ledger that fails refuses, it never lets through. @param sentence what the caller reads then */
export async function failClosed<T>(work: Promise<T>, sentence?: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CorvusError) throw error;
    throw new CorvusError('billing_unavailable', sentence, { retryAfterSeconds: 5 }, error);
  }
}
