import { homePathHere } from '../../host/home.ts';
import { findOwner } from '../../host/owner.ts';
import type { CommandContext } from '../call-and-print.ts';
import { connectTo, dashboardLink } from '../connection.ts';
import { printResult } from '../output.ts';
import type { CommandLine } from '../program.ts';
import { renderStatus } from '../render.ts';

const notRunning = 3;

/** `corvusllm status` and `dashboard`: what runs on the data folder. */
export function addStatusCommands({ program, context, onExitCode }: CommandLine): void {
  program
    .command('status')
    .description('Show what runs on the data folder, with a link to its dashboard (exit code 3: not running)')
    .action(async () => onExitCode(await showStatus(context(), homePathHere(context().home))));
  program
    .command('dashboard')
    .description('Print a new link that logs one browser in (exit code 3: not running)')
    .action(async () => onExitCode(await showDashboard(context(), homePathHere(context().home))));
}

/** Prints what runs on a data folder; the exit code says whether anything does. */
async function showStatus({ io, isJson }: CommandContext, home: string): Promise<number> {
  const owner = await findOwner(home);
  if (!owner) return sayNotRunning({ io, isJson }, home);
  const [status, dashboard] = await Promise.all([connectTo(owner).call('app.status', undefined), dashboardLink(owner)]);
  await printResult(io, isJson, { running: true, ...status, dashboard }, () => renderStatus(status, dashboard));
  return 0;
}

/** Prints a fresh login link of the running dashboard. */
async function showDashboard({ io, isJson }: CommandContext, home: string): Promise<number> {
  const owner = await findOwner(home);
  if (!owner) return sayNotRunning({ io, isJson }, home);
  const dashboard = await dashboardLink(owner);
  await printResult(io, isJson, { running: true, dashboard }, () => dashboard);
  return 0;
}

async function sayNotRunning({ io, isJson }: Pick<CommandContext, 'io' | 'isJson'>, home: string): Promise<number> {
  await printResult(
    io,
    isJson,
    { running: false, homePath: home },
    () => `Corvus is not running on ${home}. \`corvusllm serve\` starts it.`,
  );
  return notRunning;
}
