import type { Handlers } from '#shared/contract/contract.ts';
import { noRouting, type Routing, routingSchema } from '#shared/domain/routing.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Store } from '../store/store.ts';
import type { Emit } from '../emit.ts';

const settingName = 'app.routing';

export interface RoutingService {
  handlers: Pick<Handlers, 'routing.get' | 'routing.set'>;
  /** In memory, because every call is routed by it. */
  current(): Routing;
}

/**
 * Plans and rules. A stored text that is no longer valid counts as none: then every call goes to the model it names.
 */
export async function createRoutingService(store: Pick<Store, 'settings'>, emit: Emit): Promise<RoutingService> {
  let routing = parseRouting(await store.settings.read(settingName));
  const handlers = {
    'routing.get': async () => routing,
    async 'routing.set'(wanted) {
      const twice = wanted.plans.find(
        ({ name }, index) => wanted.plans.findIndex((other) => other.name === name) !== index,
      );
      if (twice) throw new CorvusError('conflict', `Two plans are called "${twice.name}".`, { param: 'plans' });
      await store.settings.write(settingName, JSON.stringify(wanted));
      routing = wanted;
      emit('routing.changed', routing);
      return routing;
    },
  } satisfies RoutingService['handlers'];
  return { handlers, current: () => routing };
}

function parseRouting(stored: string | null): Routing {
  if (stored === null) return noRouting;
  const parsed = routingSchema.safeParse(JSON.parse(stored));
  return parsed.success ? parsed.data : noRouting;
}
