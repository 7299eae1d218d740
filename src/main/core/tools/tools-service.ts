import type { Handlers, Output } from '#shared/contract/contract.ts';
import { CorvusError } from '#shared/errors.ts';
import type { Emit } from '../emit.ts';
import type { Ports } from '../ports.ts';
import { createSerialQueue } from '../serial-queue.ts';
import { chooseModel, modelsFor } from './choose-model.ts';
import { connectTool, finishInterrupted, planTool, undoTool } from './connect-tool.ts';
import { readSetVariables } from './find-overrides.ts';
import { followPort } from './follow-port.ts';
import { type Recipe, recipeOf, recipes } from './recipe.ts';
import { createRunKeys, environmentFor, refuseOneRun, refuseWithoutStart } from './run-tool.ts';
import { createToolJournal, type JournalEntry } from './tool-journal.ts';
import { createToolViews } from './tool-views.ts';

export interface ToolsServiceDeps {
  ports: Pick<Ports, 'clock' | 'secrets' | 'userSpace' | 'logger'>;
  handlers: Pick<Handlers, 'keys.create' | 'keys.list' | 'keys.revoke' | 'models.list'>;
  gatewayUrl(): string | null;
  emit: Emit;
}

export interface ToolsService {
  handlers: Pick<
    Handlers,
    'tools.list' | 'tools.plan' | 'tools.connect' | 'tools.undo' | 'tools.restore' | 'tools.start'
  >;
  /** Finishes what a crash interrupted. */
  start(): Promise<void>;
  /** Connects those tools again, with their models, that still have our settings but name another address. */
  followPort(): Promise<void>;
}

/** Connects tools on this machine to the gateway, by their own settings files, and takes that back. */
export function createToolsService({ ports, handlers: calls, gatewayUrl, emit }: ToolsServiceDeps): ToolsService {
  const { userSpace: space, logger } = ports;
  const journal = createToolJournal(ports.secrets);
  const runKeys = createRunKeys(ports.secrets, calls);
  const views = createToolViews({ clock: ports.clock, space, journal, calls, gatewayUrl });
  const deps = { space, journal, calls, clock: ports.clock };
  const inTurn = createSerialQueue(); // Of files and journal.

  const listening = (): string => addressOf(gatewayUrl());

  async function undo(entry: JournalEntry): Promise<Output<'tools.undo'>> {
    const files = await undoTool(entry, deps);
    emit('tools.changed', { ids: [entry.id] });
    return { id: entry.id, name: recipeOf(entry.id).name, files };
  }

  const handlers = {
    'tools.list': ({ terminal }) => views.list(terminal),
    async 'tools.plan'({ id, model, terminal }) {
      const recipe = recipeOf(id);
      const chosen = await modelFor(recipe, model, calls);
      const { files, seen } = await planTool(recipe, { gatewayUrl: listening(), model: chosen.model }, deps);
      const variables = await readSetVariables(space, terminal);
      return { id, ...chosen, files, seen, overrides: variables.find(recipe.overriding) };
    },
    'tools.connect': ({ id, model, seen }) =>
      inTurn(async () => {
        const recipe = recipeOf(id);
        const chosen = await modelFor(recipe, model, calls);
        await connectTool(recipe, { gatewayUrl: listening(), model: chosen.model, seen }, deps);
        emit('tools.changed', { ids: [id] });
        return views.one(recipe);
      }),
    'tools.undo': ({ id }) =>
      inTurn(async () => {
        const entry = await journal.read(id);
        if (entry) return undo(entry);
        throw new CorvusError('not_found', `${recipeOf(id).name} is not connected.`);
      }),
    'tools.restore': () => inTurn(async () => undoEach(await journal.list(), undo)),
    async 'tools.start'({ id, command, model, isOneRun }) {
      const recipe =
        id === null ? (recipes().find(({ found }) => found.commands.includes(command)) ?? null) : recipeOf(id);
      if (recipe) refuseWithoutStart(recipe);
      if (recipe && isOneRun) refuseOneRun(recipe);
      const chosen = (await modelFor(recipe, model, calls)).model;
      const name = recipe?.name ?? command;
      const url = listening();
      const { secret, ...key } = await inTurn(() =>
        isOneRun ? runKeys.newKey(`${name}, one run`) : runKeys.keyFor(recipe?.id ?? command, name),
      );
      const values = { gatewayUrl: url, key: secret, model: chosen };
      return { id: recipe?.id ?? null, name, ...key, model: chosen, ...environmentFor(recipe, values) };
    },
  } satisfies ToolsService['handlers'];

  return {
    handlers,
    followPort: () => inTurn(() => followPort(listening(), { ...deps, logger, emit })),
    async start() {
      for (const entry of await journal.list()) {
        if (entry.state === 'connected') continue;
        // What cannot be finished now stays in the journal: the tool's state says so, and undo can be tried again.
        await finishInterrupted(entry, deps).catch((cause: unknown) =>
          logger.error('tools.unfinished', { tool: entry.id, cause }),
        );
      }
    },
  };
}

/** Throws `shutting_down` where the gateway has no address yet. */
function addressOf(url: string | null): string {
  if (url === null) throw new CorvusError('shutting_down', 'Corvus does not listen yet. Try again in a moment.');
  return url;
}

/** The model that a tool gets, and the others that it could use. Throws `no_lane` when there is none. */
async function modelFor(recipe: Recipe | null, wanted: string | null, calls: Pick<Handlers, 'models.list'>) {
  const listed = await calls['models.list'](undefined);
  const models = modelsFor(recipe?.dialect ?? 'openai-chat', listed.models);
  return { model: chooseModel(wanted, models), models };
}

async function undoEach(
  entries: readonly JournalEntry[],
  undo: (entry: JournalEntry) => Promise<Output<'tools.undo'>>,
): Promise<Output<'tools.restore'>> {
  const result: Output<'tools.restore'> = { undone: [], failed: [] };
  for (const entry of entries) {
    try {
      result.undone.push(await undo(entry));
    } catch (error) {
      if (!(error instanceof CorvusError)) throw error;
      result.failed.push({ id: entry.id, name: recipeOf(entry.id).name, message: error.message });
    }
  }
  return result;
}
