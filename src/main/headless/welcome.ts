import { join } from 'node:path';
import type { Core } from '#core/core.ts';
import type { Output } from '#shared/contract/contract.ts';
import { findInstallation } from '../host/installation.ts';
import { isCommandFound } from './link-command.ts';
import { facts, plainJson } from './output.ts';

/** What a person sees when Corvus is up: its address, what it spends, and a request to paste. */
export async function welcome(core: Core, gatewayUrl: string, dashboardUrl: string): Promise<string> {
  const status = await core.handlers['app.status'](undefined);
  const [money, example] = await Promise.all([moneyLine(core, status.mode), exampleCall(core, gatewayUrl)]);
  const where = facts([
    ['OpenAI clients', `${gatewayUrl}/v1`],
    ['Anthropic clients', `${gatewayUrl}/anthropic`],
    ['Dashboard', dashboardUrl],
    ['Money', money],
    ['Data', status.homePath],
  ]);
  return [
    'Corvus is running.',
    where,
    example,
    'The dashboard link works once; `corvusllm dashboard` prints another. Ctrl-C stops Corvus.',
    ...(await linkHint()),
  ].join('\n\n');
}

/** In a checkout the command is not on the PATH by itself. Windows has no such links. */
async function linkHint(): Promise<string[]> {
  if (process.platform === 'win32' || (await isCommandFound())) return [];
  const script = join(findInstallation(import.meta.dirname).folder, 'bin', 'corvusllm.mjs');
  return [`The command \`corvusllm\` is not on the PATH yet; \`node ${shellWord(script)} link\` puts it there.`];
}

/**
 * Play money is requested, since it answers at once; a remote service may take its time, so its last known balance is
 * shown.
 */
async function moneyLine(core: Core, mode: Output<'app.status'>['mode']): Promise<string> {
  const balance = await core.handlers['balance.get']({ refresh: mode === 'sandbox' });
  if (balance.state === 'none') return 'no account is connected';
  if (balance.state === 'unknown') return `the balance is not known: ${balance.reason}`;
  return balance.isPlayMoney ? `${balance.spendable} USD of play money` : `${balance.spendable} USD`;
}

async function exampleCall(core: Core, gatewayUrl: string): Promise<string> {
  const model = await exampleModel(core);
  if (model === null) return 'No model is available yet: connect an account or add a provider.';
  const body = plainJson({ model, messages: [{ role: 'user', content: 'Hello Corvus' }] });
  return [
    'Try it:',
    '',
    `  curl ${gatewayUrl}/v1/chat/completions \\`,
    `    -H 'authorization: Bearer ${await core.quickStartKey()}' \\`,
    "    -H 'content-type: application/json' \\",
    `    -d ${shellQuoted(body)}`,
  ].join('\n');
}

/** The built-in model where it is available, since it needs no network; else any model that would be served. */
async function exampleModel(core: Core): Promise<string | null> {
  const { models } = await core.handlers['models.list'](undefined);
  const reachable = models.filter((model) => model.lane !== null && model.dialects.includes('openai-chat'));
  return (reachable.find((model) => model.slug === 'corvus/echo') ?? reachable[0])?.slug ?? null;
}

/** Quoted only where a shell would read it otherwise. */
function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : shellQuoted(text);
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
