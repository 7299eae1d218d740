import type { PaidService } from './start-paid-service.ts';

export const adminToken = 'operator-token-of-the-test-0123456789';

interface Reply {
  status: number;
  body: Record<string, unknown>;
}

/** The operator's API of the service that a test has started by then. */
export function operatorOf(paid: () => PaidService) {
  async function admin(path: string, body?: object, headers: Record<string, string> = {}): Promise<Reply> {
    const reply = await paid().service.call(`/admin/api/${path}`, {
      key: adminToken,
      headers: { 'x-operator': 'Ada', ...headers },
      ...(body === undefined ? {} : { body }),
    });
    return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
  }
  const rows = async (path: string) => (await admin(path)).body['data'] as Record<string, unknown>[];
  return { admin, rows };
}
