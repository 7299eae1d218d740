import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { defaultAccountBaseUrl } from '#shared/contract/account.ts';
import { switchLaneSchema } from '#shared/domain/local-key.ts';
import { limitWords } from '#shared/domain/limit-words.ts';
import { CorvusError } from '#shared/errors.ts';
import { homePathHere } from '../host/home.ts';
import { findInstallation } from '../host/installation.ts';
import { completionScript, type Shell, shells } from './completion.ts';
import { linkCommand } from './link-command.ts';
import { type LimitOptions, orNone, parseLastDay, parsePatterns, withLimits } from './key-limits.ts';
import { callAndPrint, callAndReturn, type CommandContext } from './call-and-print.ts';
import { connect } from './connection.ts';
import { plainText, printResult, readSecret } from './output.ts';
import { type CommandLine, parsePort, parseWhole } from './program.ts';
import { addLoopCommands } from './loop-commands.ts';
import { addParkedCommands } from './parked-commands.ts';
import { addRepeatCommands } from './repeat-commands.ts';
import { addRequestCommands } from './request-commands.ts';
import { addProviderCommands } from './provider-commands.ts';
import { addDoctorCommand } from './doctor-command.ts';
import { addEnvelopeCommands } from './envelope-commands.ts';
import { addEstimateCommand } from './estimate-command.ts';
import { addNetworkCommands } from './network-commands.ts';
import { addBackupCommands } from './backup-commands.ts';
import { addOpenLinkCommand } from './open-link-command.ts';
import { addPriceCommands } from './price-commands.ts';
import { readRouting } from './read-routing.ts';
import * as render from './render.ts';
import { addUsageCommands } from './usage-commands.ts';
import { addToolCommands } from './tool-commands.ts';
import { showDashboard, showStatus } from './status-commands.ts';

/** Adds every command but `serve`: its options and what it calls. */
export function addCommands({ program, context, onExitCode }: CommandLine): void {
  addRunCommands(program, context, onExitCode);
  addMoneyCommands(program, context, onExitCode);
  addPriceCommands(program, context, onExitCode);
  addVerifyCommand(program, context, onExitCode);
  addKeyCommands(program, context);
  addEnvelopeCommands(program, context);
  addProviderCommands(program, context, onExitCode);
  addPlanCommands(program, context);
  addAccountCommands(program, context);
  addToolCommands(program, context, onExitCode);
  addNetworkCommands(program, context);
  addDoctorCommand(program, context, onExitCode);
  addBackupCommands(program, context);
  addOpenLinkCommand(program, context);
}

type GetContext = () => CommandContext;

function addRunCommands(program: Command, context: GetContext, onExitCode: (code: number) => void): void {
  program
    .command('status')
    .description('Show what runs on the data folder, with a link to its dashboard (exit code 3: not running)')
    .action(async () => onExitCode(await showStatus(context(), homePathHere(context().home))));
  program
    .command('dashboard')
    .description('Print a new link that logs one browser in (exit code 3: not running)')
    .action(async () => onExitCode(await showDashboard(context(), homePathHere(context().home))));
  program
    .command('port')
    .description('Show the port for tools, or set it from the next start on; connected tools are rewritten then')
    .argument('[number]', 'The new port', parsePort)
    .action((port?: number) => {
      const render = ({ port: chosen }: { port: number }) =>
        `Port ${chosen}${port === undefined ? '' : ', from the next start of Corvus on'}.`;
      return port === undefined
        ? callAndPrint(context(), 'settings.get', undefined, render)
        : callAndPrint(context(), 'settings.set', { port }, render);
    });
  program
    .command('link')
    .description('Put `corvusllm` on the PATH: a link in ~/.local/bin, or another folder')
    .option('--dir <folder>', 'Folder of the link')
    .action(async ({ dir }: { dir?: string }) => {
      const linked = await linkCommand(findInstallation(import.meta.dirname).folder, dir);
      await printResult(context().io, context().isJson, linked, () => render.renderLinked(linked));
    });
  program
    .command('completion')
    .description('Print a script that completes commands and options')
    .addArgument(new Argument('<shell>').choices(shells))
    .action((shell: Shell) => context().io.write(completionScript(program, shell)));
  program
    .command('version')
    .description('Print the version of Corvus')
    .action(async () => {
      const { version } = findInstallation(import.meta.dirname);
      await printResult(context().io, context().isJson, { version, node: process.versions.node }, () => version);
    });
}

function addMoneyCommands(program: Command, context: GetContext, onExitCode: (code: number) => void): void {
  program
    .command('balance')
    .description('Show the current balance, what a day costs, and how long it lasts')
    .action(() => showBalance(context()));
  program
    .command('status-file')
    .description('Write the balance to status.json in the data folder, for status bars, or stop that')
    .addArgument(new Argument('<choice>').choices(['on', 'off']))
    .action((choice: string) =>
      callAndPrint(
        context(),
        'settings.set',
        { statusFile: choice === 'on' },
        ({ statusFile }) => `status.json in the data folder is ${statusFile ? 'written' : 'removed'}.`,
      ),
    );
  program
    .command('topup')
    .description('Order credit and print the payment page')
    .argument('<amount>', 'Amount in US dollars, such as 10.00', parseAmount)
    .action((amount: string) => callAndPrint(context(), 'billing.topup', { amount }, render.renderOrder));
  addRequestCommands(program, context);
  addUsageCommands(program, context);
  addRepeatCommands(program, context);
  addParkedCommands(program, context, onExitCode);
  addLoopCommands(program, context, onExitCode);
  program
    .command('models')
    .description('List models, their current route and prices')
    .action(() => callAndPrint(context(), 'models.list', undefined, render.renderModels));
  addEstimateCommand(program, context);
}

function addVerifyCommand(program: Command, context: GetContext, onExitCode: (code: number) => void): void {
  program
    .command('verify')
    .description(
      "Verify the account's statement offline, with the copy on this machine (exit code 1: a fault was found)",
    )
    .option('--take-over', 'Download the statement again and accept it as it is now')
    .action(async ({ takeOver }: { takeOver?: boolean }) => {
      const report = takeOver
        ? await callAndReturn(context(), 'account.take-over-statement', undefined, render.renderStatement)
        : await callAndReturn(context(), 'account.verify', { fromStart: true }, render.renderStatement);
      if (report.status === 'fault') onExitCode(1);
    });
}

function addKeyCommands(program: Command, context: GetContext): void {
  const keys = program.command('keys').description('Manage the keys that tools on this machine use');
  keys
    .command('add')
    .description('Create a key and show it once')
    .argument('<label>', 'The tool that will use it')
    .option('--route <route>', 'auto, prepaid or provider:<id>', 'auto')
    .action((label: string, { route }: { route: string }) =>
      callAndPrint(context(), 'keys.create', { label, route }, render.renderNewKey),
    );
  keys
    .command('ls')
    .description('List all keys')
    .action(() => callAndPrint(context(), 'keys.list', undefined, (all) => render.renderKeys(all, Date.now())));
  keys
    .command('limit')
    .description("Set a key's limits; limits that are not named stay, and `none` removes one")
    .argument('<id>')
    .option('--requests <number>', 'Requests per minute', orNone(parseCount))
    .option('--tokens <number>', 'Tokens per minute', orNone(parseCount))
    .option('--at-once <number>', 'Concurrent requests', orNone(parseCount))
    .option('--models <patterns>', 'Model names, separated by commas; * matches any text', orNone(parsePatterns))
    .option('--max-cost <usd>', 'The most that one request may cost, in US dollars')
    .option('--wait <minutes>', 'How long its requests wait for money before they are refused', orNone(parseCount))
    .addOption(
      new Option('--switch <when>', 'Whether a request goes to another lane where its own has no money').choices(
        switchLaneSchema.options,
      ),
    )
    .addOption(
      new Option('--loops <choice>', 'Whether loops of a tool, and steep spend, are stopped or only shown').choices([
        'stop',
        'show',
      ]),
    )
    .option('--until <day>', 'Last day on which the key works, such as 2027-01-31', orNone(parseLastDay))
    .action((id: string, options: LimitOptions) => limitKey(context(), id, options));
  keys
    .command('attribution')
    .description(
      "Keep the changing value in Claude Code's attribution line steady, so that prompt caches hold, or leave it untouched",
    )
    .argument('<id>')
    .addArgument(new Argument('<how>').choices(['steady', 'untouched']))
    .action((id: string, how: string) =>
      callAndPrint(
        context(),
        'keys.set-attribution',
        { id, isSteady: how === 'steady' },
        (key) => `${key.label}: attribution line ${how}`,
      ),
    );
  keys
    .command('revoke')
    .description('Revoke a key')
    .argument('<id>')
    .action((id: string) =>
      callAndPrint(context(), 'keys.revoke', { id }, (key) => `Revoked ${key.id} (${key.label}).`),
    );
}

async function showBalance({ home, isJson, io }: CommandContext): Promise<void> {
  const connection = await connect(home);
  try {
    // The forecast is of the balance that is shown: asked for once that has come.
    const balance = await connection.call('balance.get', { refresh: true });
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    const { pace, lasts } = await connection.call('balance.spend', { timeZone });
    const shown = { ...balance, forecast: { pace, lasts } };
    await printResult(io, isJson, shown, () => render.renderBalance(shown, Date.now()));
  } finally {
    await connection.close();
  }
}

async function limitKey({ home, isJson, io }: CommandContext, id: string, options: LimitOptions): Promise<void> {
  const connection = await connect(home);
  try {
    const key = (await connection.call('keys.list', undefined)).find((known) => known.id === id);
    if (!key) throw new CorvusError('not_found', 'This local key does not exist.');
    const limited = await connection.call('keys.set-limits', { id: key.id, limits: withLimits(key.limits, options) });
    await printResult(io, isJson, limited, () =>
      plainText(`${limited.label}: ${limitWords(limited.limits) || 'no limits'}`),
    );
  } finally {
    await connection.close();
  }
}

function addPlanCommands(program: Command, context: GetContext): void {
  const plans = program
    .command('plans')
    .description('Manage plans: names that tools request like a model, and the models that answer');
  plans
    .command('show', { isDefault: true })
    .description('Show all plans and rules, as JSON')
    .action(() => callAndPrint(context(), 'routing.get', undefined, (routing) => JSON.stringify(routing, null, 2)));
  plans
    .command('set')
    .description('Replace all plans and rules with the JSON on standard input')
    .action(async () => {
      await callAndPrint(
        context(),
        'routing.set',
        await readRouting(context().io),
        ({ plans: stored, rules }) => `${stored.length} plans, ${rules.length} rules.`,
      );
    });
}

function addAccountCommands(program: Command, context: GetContext): void {
  const account = program.command('account').description('Manage the prepaid account');
  account
    .command('show')
    .description('Show the connected account')
    .action(() => callAndPrint(context(), 'account.get', undefined, render.renderAccount));
  account
    .command('connect')
    .description('Connect a CorvusLLM account with its customer key')
    .option('--base-url <url>', 'Address of the service', defaultAccountBaseUrl)
    .option(
      '--key-stdin',
      'Read the customer key from standard input (default at a terminal: it is asked for, and not shown)',
    )
    .action(async ({ baseUrl, keyStdin = false }: { baseUrl: string; keyStdin?: boolean }) => {
      const customerKey = await readSecret(context().io, 'Customer key', keyStdin);
      await callAndPrint(context(), 'account.connect', { baseUrl, customerKey }, render.renderAccount);
    });
  account
    .command('sandbox')
    .description('Use the built-in play-money account')
    .action(() => callAndPrint(context(), 'account.use-sandbox', undefined, render.renderAccount));
  account
    .command('disconnect')
    .description('Disconnect the account and delete its key')
    .action(() => callAndPrint(context(), 'account.disconnect', undefined, render.renderAccount));
}

function parseAmount(text: string): string {
  if (/^\d{1,9}(\.\d{1,2})?$/.test(text)) return text;
  throw new InvalidArgumentError('It must be an amount such as 10.00.');
}

function parseCount(text: string): number {
  return parseWhole(text, 1, 1_000_000_000);
}
