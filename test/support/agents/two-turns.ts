import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { Agent } from './agents.ts';
import { corvusCommand, type ServedHome } from './serve-home.ts';
import { answerBegin, type Asked, isPrompt, type Step } from './steps.ts';
import { type TaskDialectName, taskModels } from './task-dialects.ts';
import type { TaskUpstream } from './task-upstream.ts';

const tests = join(import.meta.dirname, '..', '..');
export const agentTimeoutMs = 90_000;

export interface Task {
  served: ServedHome;
  agent: Agent;
  dialect: TaskDialectName;
}

/** A task has a folder of its own, with one note for each turn. */
export async function prepareTask({ served, agent, dialect }: Task): Promise<void> {
  const folder = folderOf({ served, agent, dialect });
  await mkdir(folder, { recursive: true });
  for (const turn of turns)
    await writeFile(join(folder, noteOf(agent, dialect, turn)), `the secret word is ${wordOf(turn)}\n`);
}

const turns = ['first', 'again'] as const;
export type Turn = (typeof turns)[number];

function folderOf({ served, agent, dialect }: Task): string {
  return join(served.home, 'work', `${agent.id}-${agent.by}-${dialect}`);
}

/** Another name for each task: the upstream tells thoughts apart by what was called. */
function noteOf(agent: Agent, dialect: TaskDialectName, turn: Turn): string {
  return `${agent.id}-${agent.by}-${dialect}-${turn}.txt`;
}

const wordOf = (turn: Turn) => (turn === 'first' ? 'magpie' : 'jackdaw');

/**
 * One turn of the conversation. Resolves to what the agent printed; rejects where it failed, or did not tell the secret
 * word.
 */
export async function takeTurn(task: Task, turn: Turn, more: readonly string[] = []): Promise<string> {
  const { served, agent, dialect } = task;
  const prompt = agent.prompt(noteOf(agent, dialect, turn));
  const parameters = [...(turn === 'again' && agent.again ? agent.again(prompt) : agent.first(prompt)), ...more];
  const program = join(tests, agent.program);
  if (!existsSync(program)) throw new Error(`${agent.name} is not installed.`);
  const [command, before] =
    agent.by === 'connect'
      ? [program, []]
      : [
          corvusCommand[0],
          [corvusCommand[1], 'run', '--tool', agent.id, '--model', taskModels[dialect], '--', program],
        ];
  const env = {
    PATH: `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`,
    HOME: served.home,
    CORVUSLLM_HOME: join(served.home, '.corvus'),
    ...agent.environment,
  };
  const said = await runProgram(command, [...before, ...parameters], { cwd: folderOf(task), env });
  if (!said.includes(wordOf(turn)))
    throw new Error(`${agent.name} did not tell what its tool read: ${said.slice(-1000)}`);
  return said;
}

/**
 * Some agents leave helpers behind that hold their output open: the whole group ends with them, or when the time is
 * over.
 */
async function runProgram(
  program: string,
  parameters: readonly string[],
  { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<string> {
  const child = spawn(program, parameters, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const endGroup = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  };
  const timer = setTimeout(endGroup, agentTimeoutMs);
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (errors += String(chunk)));
  const closed = once(child, 'close');
  const [code] = await once(child, 'exit');
  clearTimeout(timer);
  endGroup();
  await closed;
  if (code !== 0) throw new Error(`It ended with ${code ?? 'a signal'}: ${errors.slice(-1500)}${output.slice(-1500)}`);
  return output;
}

/** The steps of both turns that a model must have seen before it ended the second. */
const wholeTask = ['prompt', 'called', 'returned', 'answered', 'prompt', 'called', 'returned'];

/**
 * What is wrong with the history that the model saw at the end of the second turn; null where it is whole, with its
 * thoughts.
 */
export function faultOf({ agent, dialect }: Task, { exchanges }: TaskUpstream): string | null {
  const own = exchanges.filter((exchange) => exchange.dialect === dialect);
  const refusal = own.find(
    ({ outcome }) =>
      'refused' in outcome && turns.some((turn) => outcome.body.includes(agent.prompt(noteOf(agent, dialect, turn)))),
  );
  if (refusal && 'refused' in refusal.outcome) return `The model refused a request: ${refusal.outcome.refused}`;
  const asked = own.flatMap(({ outcome }) =>
    'asked' in outcome && outcome.answer.kind === 'text' ? [outcome.asked] : [],
  );
  const last = asked.findLast((one) => mentions(one, noteOf(agent, dialect, 'again')));
  if (!last) return 'The second turn did not reach its model.';
  const kinds = last.steps.flatMap((step) => kindOf(step) ?? []);
  const expected = agent.again ? wholeTask : wholeTask.slice(4);
  if (kinds.join() !== expected.join()) return `The model saw ${kinds.join(', ')}.`;
  const left = new Map(
    own.flatMap(({ outcome }) =>
      'answer' in outcome && outcome.answer.kind === 'call' ? [[keyOf(outcome.answer), outcome.answer.thought]] : [],
    ),
  );
  const lost = last.steps.find(
    (step) => step.kind === 'called' && dialect !== agent.dialect && step.thought !== (left.get(keyOf(step)) ?? null),
  );
  return lost?.kind === 'called' ? `The thought beside ${keyOf(lost)} came back as ${lost.thought}.` : null;
}

function mentions({ steps }: Asked, note: string): boolean {
  return steps.some((step) => step.kind === 'called' && JSON.stringify(step.input).includes(note));
}

function keyOf({ name, input }: { name: string; input: object }): string {
  return JSON.stringify([name, input]);
}

function kindOf(step: Step): string | null {
  if (step.kind !== 'said') return step.kind;
  if (isPrompt(step)) return 'prompt';
  return step.by === 'assistant' && step.text.includes(answerBegin) ? 'answered' : null;
}
