import { type BackendOptions, createBackend } from '#backend/create-backend.ts';
import { startTestBackend, type TestBackend, testOptions } from './start-test-backend.ts';

export interface Replica {
  baseUrl: string;
  call: TestBackend['call'];
  verify(): Promise<string[]>;
  stop(): Promise<void>;
}

export interface Replicas {
  /** The first instance; it made the account and the database. */
  first: TestBackend;
  all: Replica[];
  /** Asks the instances in turn, as a load balancer does. */
  call: TestBackend['call'];
  [Symbol.asyncDispose](): Promise<void>;
}

/** Several instances of the service on one database, each with its own sockets, caches and queues. */
export async function startReplicas(count = 3, overrides: Partial<BackendOptions> = {}): Promise<Replicas> {
  const first = await startTestBackend({ instance: 'replica-1', ...overrides });
  const others: Replica[] = [];
  for (let number = 2; number <= count; number += 1)
    others.push(await startAnother(first, `replica-${number}`, overrides));
  const all = [
    {
      baseUrl: first.baseUrl,
      call: first.call,
      verify: () => first.backend.verify(),
      stop: () => first.backend.stop(0),
    },
    ...others,
  ];
  let turn = 0;
  return {
    first,
    all,
    call(path, init) {
      turn += 1;
      const replica = all[turn % all.length] ?? first;
      return replica.call(path, init);
    },
    async [Symbol.asyncDispose]() {
      for (const other of others) await other.stop();
      await first[Symbol.asyncDispose]();
    },
  };
}

async function startAnother(
  first: TestBackend,
  instance: string,
  overrides: Partial<BackendOptions>,
): Promise<Replica> {
  const backend = await createBackend({ ...testOptions(first.database), instance, ...overrides });
  const { baseUrl } = await backend.start();
  return {
    baseUrl,
    call: (path, init) => first.callAt(baseUrl, path, init),
    verify: () => backend.verify(),
    stop: () => backend.stop(0),
  };
}
