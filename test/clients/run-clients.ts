// `npm run test:clients`: coding agents as npm has them, connected by the product, do a task in two turns with a
// restart of Corvus between, with a model of each dialect; then they are undone. `-- codex pi` runs only these.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import recipes from '../../resources/tool-recipes.json' with { type: 'json' };
import { type Agent, claudeCode, codex } from '../support/agents/agents.ts';
import { addTaskProviders, type ServedHome, serveHome } from '../support/agents/serve-home.ts';
import { type TaskDialectName, taskModels } from '../support/agents/task-dialects.ts';
import { startTaskUpstream, type TaskUpstream } from '../support/agents/task-upstream.ts';
import { faultOf, prepareTask, type Task, takeTurn } from '../support/agents/two-turns.ts';
import { otherAgents } from './other-agents.ts';

const dialects: readonly TaskDialectName[] = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'];
const undone = 'undone';
const shown = 120;

/** What came of each step, by agent and dialect or `undone`: null where it is well. */
type Outcomes = Map<string, string | null>;
const placeOf = ({ id, by }: Agent, column: string): string => `${id} (${by}), ${column}`;

const connected = [claudeCode, codex, ...otherAgents];
/** Some also start without a file being touched: once, which is the same for every model. */
const started = connected
  .filter(({ id }) => ['claude-code', 'codex', 'opencode', 'qwen-code'].includes(id))
  .map((agent): Agent => ({ ...agent, by: 'run' }));

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Runs a step of an agent that has not failed there, and keeps what came of it. */
async function attempt(
  outcomes: Outcomes,
  agent: Agent,
  column: string,
  step: () => Promise<string | null>,
): Promise<void> {
  const place = placeOf(agent, column);
  if (typeof outcomes.get(place) === 'string') return;
  const fault = await step().catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
  outcomes.set(place, fault);
  say(`${fault === null ? '  well' : 'FAILED'}  ${place}${fault === null ? '' : `: ${fault.slice(0, shown)}`}`);
}

/** Two at a time: they mostly wait for themselves. */
async function forEach<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all([worker(), worker()]);
}

async function runDialect(
  served: ServedHome,
  upstream: TaskUpstream,
  agents: readonly Agent[],
  dialect: TaskDialectName,
  outcomes: Outcomes,
) {
  const tasks = agents.map((agent): Task => ({ served, agent, dialect }));
  say(`\n── ${dialect}, ${taskModels[dialect]}: the first turn`);
  await forEach(tasks, async (task) => {
    await prepareTask(task);
    await attempt(outcomes, task.agent, dialect, async () => {
      const { id, by } = task.agent;
      if (by === 'connect') await served.corvusllm(['tools', 'connect', id, '--yes', '--model', taskModels[dialect]]);
      await takeTurn(task, 'first');
      return null;
    });
  });
  await served.restart();
  say(`── ${dialect}, ${taskModels[dialect]}: the second turn, after a restart`);
  await forEach(tasks, (task) =>
    attempt(outcomes, task.agent, dialect, async () => {
      await takeTurn(task, 'again');
      return faultOf(task, upstream);
    }),
  );
}

/** The files of a tool's recipe on this platform, below the home folder. */
function filesOf({ id, by }: Agent): string[] {
  const setup = recipes.tools.find((recipe) => recipe.id === id)?.setup;
  if (by === 'run' || setup === undefined || !('files' in setup)) return [];
  return (setup.files ?? []).map(({ path }) => (typeof path === 'string' ? path : path.linux).replace('~/', ''));
}

const read = (served: ServedHome, file: string): Promise<string | null> =>
  readFile(join(served.home, file), 'utf8').catch(() => null);

async function undo(served: ServedHome, agent: Agent, outcomes: Outcomes): Promise<void> {
  if (agent.by === 'run') return;
  await attempt(outcomes, agent, undone, async () => {
    await served.corvusllm(['tools', 'undo', agent.id]);
    for (const file of filesOf(agent)) {
      const [before, after] = [agent.settings[file] ?? null, await read(served, file)];
      if (after !== before) return `~/${file} was ${JSON.stringify(before)} and is ${JSON.stringify(after)}.`;
    }
    return null;
  });
}

/** Connected and undone at once: the file has the bytes it had. */
async function checkBytes(served: ServedHome, agent: Agent, outcomes: Outcomes): Promise<void> {
  if (agent.by === 'run') return;
  await attempt(outcomes, agent, undone, async () => {
    await served.corvusllm(['tools', 'connect', agent.id, '--yes', '--model', taskModels['openai-chat']]);
    return null;
  });
  await undo(served, agent, outcomes);
}

function table(agents: readonly Agent[], outcomes: Outcomes): string {
  const columns = [...dialects, undone];
  const cell = (agent: Agent, column: string): string => {
    const outcome = outcomes.get(placeOf(agent, column));
    return outcome === undefined ? '-' : outcome === null ? 'well' : 'FAILED';
  };
  const rows = agents.map((agent) => [`${agent.name} (${agent.by})`, ...columns.map((column) => cell(agent, column))]);
  return [['', ...columns], ...rows]
    .map((cells) =>
      cells
        .map((text, index) => text.padEnd(index === 0 ? 28 : 20))
        .join('')
        .trimEnd(),
    )
    .join('\n');
}

const wanted = process.argv.slice(2);
const isWanted = ({ id }: Agent): boolean => wanted.length === 0 || wanted.includes(id);
const agents = [...connected, ...started].filter(isWanted);
const outcomes: Outcomes = new Map();
const home = await mkdtemp(join(tmpdir(), 'corvusllm-clients-'));
const upstream = await startTaskUpstream();
const served = await serveHome(home);
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void served[Symbol.asyncDispose]().then(() => process.exit(1)));
try {
  await addTaskProviders(served, upstream, dialects);
  for (const agent of agents) {
    for (const [file, text] of Object.entries(agent.settings)) {
      await mkdir(dirname(join(home, file)), { recursive: true });
      await writeFile(join(home, file), text);
    }
    await checkBytes(served, agent, outcomes);
  }
  for (const [index, dialect] of dialects.entries())
    await runDialect(served, upstream, index === 0 ? agents : connected.filter(isWanted), dialect, outcomes);
  for (const agent of agents) await undo(served, agent, outcomes);
} finally {
  await served[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
}
const failed = [...outcomes].filter(([, outcome]) => outcome !== null);
for (const [place, fault] of failed) say(`\n${place}: ${fault}`);
say(`\n${table(agents, outcomes)}\n`);
process.exit(failed.length > 0 ? 1 : 0);
