import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Agent, claudeCode, codex } from '../../support/agents/agents.ts';
import { addTaskProviders, type ServedHome, serveHome } from '../../support/agents/serve-home.ts';
import { type TaskDialectName, taskModels } from '../../support/agents/task-dialects.ts';
import { startTaskUpstream, type TaskUpstream } from '../../support/agents/task-upstream.ts';
import {
  agentTimeoutMs,
  faultOf,
  prepareTask,
  type Task,
  takeTurn,
  type Turn,
} from '../../support/agents/two-turns.ts';

const dialects: readonly TaskDialectName[] = ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'];
const codexFile = '.codex/config.toml';
const claudeFile = '.claude/settings.json';

let served: ServedHome;
let upstream: TaskUpstream;
let wire: Wire;
/** What the person had set up by hand. */
let before: Record<string, string>;

/** A wire to Corvus that shows what went through it. */
interface Wire {
  url: string;
  sent(): string;
  close(): void;
}

async function startWire(to: string): Promise<Wire> {
  const { host: there, port } = new URL(to);
  const texts: string[] = [];
  let here = '';
  const server = createServer((socket) => {
    const onward = connect(Number(port), '127.0.0.1');
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1').replace(here, there);
      texts.push(text);
      onward.write(text, 'latin1');
    });
    socket.on('end', () => onward.end());
    onward.pipe(socket);
    socket.on('error', () => onward.destroy());
    onward.on('error', () => socket.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  here = `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  return { url: `http://${here}`, sent: () => texts.join(''), close: () => void server.close() };
}

/**
 * As a person has it who is logged in with ChatGPT and changed nothing but the address: a WebSocket first, and
 * compressed bodies.
 */
function ownCodex(key: string): Record<string, string> {
  const claims = {
    email: 'me@example.com',
    exp: 4_102_444_800,
    'https://api.openai.com/auth': { chatgpt_plan_type: 'pro', chatgpt_account_id: 'a' },
  };
  const token = [{ alg: 'none', typ: 'JWT' }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const tokens = { id_token: `${token}.c2ln`, access_token: key, refresh_token: 'r', account_id: 'a' };
  return {
    '.codex/auth.json': JSON.stringify({
      auth_mode: 'chatgpt',
      OPENAI_API_KEY: null,
      tokens,
      last_refresh: new Date().toISOString(),
    }),
    [codexFile]: `openai_base_url = "${wire.url}/v1"\nmodel = "${taskModels['openai-responses']}"\n${codex.settings[codexFile] ?? ''}`,
  };
}

function ownClaude(key: string): Record<string, string> {
  const env = {
    ANTHROPIC_BASE_URL: `${served.url()}/anthropic`,
    ANTHROPIC_AUTH_TOKEN: key,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  };
  return {
    [claudeFile]: `{\n    "model": "${taskModels['anthropic-messages']}",\n    "env": ${JSON.stringify(env)}\n}\n`,
  };
}

beforeAll(async () => {
  upstream = await startTaskUpstream();
  served = await serveHome(await mkdtemp(join(tmpdir(), 'corvusllm-test-')));
  wire = await startWire(served.url());
  await addTaskProviders(served, upstream, dialects);
  const { secret } = JSON.parse(await served.corvusllm(['keys', 'add', 'mine', '--json']));
  before = { ...ownCodex(secret), ...ownClaude(secret) };
  for (const [file, text] of Object.entries(before)) {
    await mkdir(dirname(join(served.home, file)), { recursive: true });
    await writeFile(join(served.home, file), text);
  }
}, agentTimeoutMs);

afterAll(async () => {
  wire.close();
  await served[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
  await rm(served.home, { recursive: true, force: true });
});

const settingsOf = (file: string): Promise<string> => readFile(join(served.home, file), 'utf8');

/** Two at once: they mostly wait. */
async function takeTurns(tasks: readonly Task[], turn: Turn): Promise<void> {
  const waiting = [...tasks];
  const work = async (): Promise<void> => {
    for (let task = waiting.shift(); task; task = waiting.shift())
      await takeTurn(task, turn, [task.agent === codex ? '-m' : '--model', taskModels[task.dialect]]);
  };
  await Promise.all([work(), work()]);
}

interface Row {
  id: string;
  localKeyLabel: string;
  modelRequested: string;
  status: string;
}

/** Newest first. */
async function rows(): Promise<Row[]> {
  return JSON.parse(await served.corvusllm(['requests', '--json'])).rows;
}

async function undo(agent: Agent, file: string): Promise<void> {
  await served.corvusllm(['tools', 'undo', agent.id]);
  expect(await settingsOf(file)).toBe(before[file]);
}

test(
  'Codex and Claude Code do a task in two turns, with a restart of Corvus between them, with a model of each dialect',
  { timeout: 2 * agentTimeoutMs },
  async () => {
    await served.corvusllm(['tools', 'connect', 'claude-code', '--yes', '--model', taskModels.gemini]);
    const tasks = [codex, claudeCode].flatMap((agent) => dialects.map((dialect): Task => ({ served, agent, dialect })));
    for (const task of tasks) await prepareTask(task);
    await takeTurns(tasks, 'first');
    await served.restart();
    await takeTurns(tasks, 'again');
    expect(tasks.map((task) => [task.agent.name, task.dialect, faultOf(task, upstream)])).toEqual(
      tasks.map(({ agent, dialect }) => [agent.name, dialect, null]),
    );
    // Codex was left as it is shipped: it tried a WebSocket, was told at once, and sent compressed bodies.
    expect(wire.sent()).toMatch(/^GET \/v1\/responses HTTP[^]*upgrade: websocket/im);
    expect(wire.sent()).toMatch(/^POST \/v1\/responses HTTP[^]*content-encoding: zstd/im);
    expect(new Set((await rows()).map(({ localKeyLabel, status }) => `${localKeyLabel} ${status}`))).toEqual(
      new Set(['mine completed', 'Claude Code completed']),
    );
  },
);

test(
  'once undone, both work as before; Codex is connected and undone as well',
  { timeout: agentTimeoutMs },
  async () => {
    const ask = (agent: Agent) => takeTurn({ served, agent, dialect: 'anthropic-messages' }, 'first');
    const undoneClaude = async (): Promise<void> => {
      await undo(claudeCode, claudeFile);
      await ask(claudeCode);
    };
    const connectedCodex = async (): Promise<void> => {
      await served.corvusllm(['tools', 'connect', 'codex', '--yes', '--model', taskModels.gemini]);
      await ask(codex);
      await undo(codex, codexFile);
      await ask(codex);
    };
    const known = new Set((await rows()).map(({ id }) => id));
    await Promise.all([undoneClaude(), connectedCodex()]);
    const fresh = (await rows()).filter(({ id }) => !known.has(id));
    expect(new Set(fresh.map(({ localKeyLabel, modelRequested }) => `${localKeyLabel},${modelRequested}`))).toEqual(
      new Set([
        `mine,${taskModels['anthropic-messages']}`,
        `Codex,${taskModels.gemini}`,
        `mine,${taskModels['openai-responses']}`,
      ]),
    );
  },
);
