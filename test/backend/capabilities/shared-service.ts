import { afterAll, beforeAll, expect } from 'vitest';
import type { BackendOptions } from '#backend/create-backend.ts';
import { type CapabilityService, startCapabilityService } from './start-capability-service.ts';

/** One service for all tests of a file; its ledger is verified at the end. */
export function sharedService(
  options: () => Promise<Partial<BackendOptions>> | Partial<BackendOptions> = () => ({}),
): () => CapabilityService {
  let service: CapabilityService | null = null;
  beforeAll(async () => {
    service = await startCapabilityService(await options());
  });
  afterAll(async () => {
    expect(await service?.verify()).toEqual([]);
    await service?.[Symbol.asyncDispose]();
  });
  return () => {
    if (!service) throw new Error('the service has not started');
    return service;
  };
}
