import type { Input, Output } from '#shared/contract/contract.ts';
import { createToolJournal } from './tool-journal.ts';
import type { ToolsService, ToolsServiceDeps } from './tools-service.ts';

type ToolCall = keyof ToolsService['handlers'];

/**
 * The tools of this machine. What reads and writes their settings is loaded with the first call, and by a start only
 * where it has something to finish or to rewrite.
 */
export function createToolsPart(deps: ToolsServiceDeps): ToolsService {
  const journal = createToolJournal(deps.ports.secrets);
  let loading: Promise<ToolsService> | null = null;

  const loaded = (): Promise<ToolsService> =>
    (loading ??= import('./tools-service.ts').then(({ createToolsService }) => createToolsService(deps)));

  function whenLoaded<K extends ToolCall>(name: K): (input: Input<K>) => Promise<Output<K>> {
    return async (input) => (await loaded()).handlers[name](input);
  }

  return {
    handlers: {
      'tools.list': whenLoaded('tools.list'),
      'tools.plan': whenLoaded('tools.plan'),
      'tools.connect': whenLoaded('tools.connect'),
      'tools.undo': whenLoaded('tools.undo'),
      'tools.restore': whenLoaded('tools.restore'),
      'tools.start': whenLoaded('tools.start'),
    },
    async start() {
      const entries = await journal.list();
      if (entries.some(({ state }) => state !== 'connected')) await (await loaded()).start();
    },
    async followPort() {
      const entries = await journal.list();
      if (entries.some(({ gatewayUrl }) => gatewayUrl !== deps.gatewayUrl())) await (await loaded()).followPort();
    },
  };
}
