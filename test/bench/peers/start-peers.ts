import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchCall, chatOf, sayPong } from '../calls.ts';
import { type BenchTarget, newHome, startNode, untilAnswers } from '../targets.ts';

/** A gateway of others, and how the same small call is made there; it answers nothing of its own. */
export interface Peer {
  target: BenchTarget;
  call(kilobytes: number): BenchCall;
}

const portkeyPort = 18_478;
const routerPort = 18_479;
const modules = join(import.meta.dirname, 'node_modules');

/** Those that are installed here (`npm run bench` does it where it can). */
export async function startPeers(upstream: BenchTarget): Promise<Peer[]> {
  const peers = [await startPortkey(upstream), await startClaudeCodeRouter(upstream)];
  return peers.filter((peer) => peer !== null);
}

/** Portkey's gateway: chat completions in, chat completions out. */
async function startPortkey(upstream: BenchTarget): Promise<Peer | null> {
  const program = join(modules, '@portkey-ai', 'gateway', 'build', 'start-server.js');
  if (!existsSync(program)) return null;
  const pid = startNode([program, `--port=${portkeyPort}`, '--headless']);
  const headers = {
    authorization: 'Bearer sk-bench',
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `${upstream.url}/v1`,
  };
  const target = { name: 'Portkey 1.15', url: `http://127.0.0.1:${portkeyPort}`, headers, pid };
  await untilAnswers(target.url);
  return { target, call: chatOf };
}

/** It takes Messages only, and translates them to chat completions. */
async function startClaudeCodeRouter(upstream: BenchTarget): Promise<Peer | null> {
  const program = join(modules, '@musistudio', 'claude-code-router', 'dist', 'cli.js');
  if (!existsSync(program)) return null;
  const home = newHome();
  const folder = join(home, '.claude-code-router');
  mkdirSync(folder);
  const provider = {
    name: 'bench',
    api_base_url: `${upstream.url}/v1/chat/completions`,
    api_key: 'sk-bench',
    models: ['bench-model'],
  };
  const config = {
    PORT: routerPort,
    HOST: '127.0.0.1',
    APIKEY: 'sk-bench',
    LOG: false,
    Providers: [provider],
    Router: { default: 'bench,bench-model' },
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  const pid = startNode([program, 'start'], { ...process.env, HOME: home, USERPROFILE: home });
  const target = {
    name: 'claude-code-router 2.0',
    url: `http://127.0.0.1:${routerPort}`,
    headers: { authorization: 'Bearer sk-bench' },
    pid,
  };
  await untilAnswers(target.url);
  return { target, call: messagesOf };
}

function messagesOf(kilobytes: number): BenchCall {
  const messages = sayPong(kilobytes * 1024 - 120);
  return { path: '/v1/messages', body: JSON.stringify({ model: 'bench,bench-model', max_tokens: 1_000, messages }) };
}
