import { Command, InvalidArgumentError, Option } from 'commander';
import { defaultAccountBaseUrl } from '#shared/contract/account.ts';
import { conversationDialectSchema } from '#shared/domain/dialect.ts';
import { limitWords } from '#shared/domain/limit-words.ts';
import { customKind } from '#shared/domain/provider.ts';
import { homePathHere } from '../host/home.ts';
import { findInstallation } from '../host/installation.ts';
import { type LimitOptions, limitsOf, parseLastDay } from './key-limits.ts';
import { callAndPrint, callAndReturn, type CommandContext } from './call-and-print.ts';
import { type CommandIo, printResult, readSecret } from './output.ts';
import { printRequests } from './print-requests.ts';
import { readRouting } from './read-routing.ts';
import * as render from './render.ts';
import { showDashboard, showStatus } from './running-commands.ts';

interface GlobalOptions {
  home?: string;
  json?: boolean;
}

const defaultPort = 4477;

/**
 * The command line: every command, its options and what it calls. No command does more than one call of the app API.
 * @param onExitCode told when a command ends well but not with 0
 */
export function createProgram(io: CommandIo, onExitCode: (code: number) => void): Command {
  const program = new Command('corvusllm')
    .description('One local address for every AI tool on this machine.')
    .option('--home <dir>', 'the data folder (else CORVUSLLM_HOME, else the one of this platform)')
    .option('--json', 'print one JSON document')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => {} })
    .exitOverride();
  const context = (): CommandContext => {
    const { home, json } = program.opts<GlobalOptions>();
    return { home, isJson: json ?? false, io };
  };
  addRunCommands(program, context, onExitCode);
  addMoneyCommands(program, context);
  addVerifyCommand(program, context, onExitCode);
  addKeyCommands(program, context);
  addProviderCommands(program, context);
  addPlanCommands(program, context);
  addAccountCommands(program, context);
  return program;
}

type GetContext = () => CommandContext;

function addRunCommands(program: Command, context: GetContext, onExitCode: (code: number) => void): void {
  program
    .command('serve')
    .description('run Corvus without a window until Ctrl-C')
    .option('--port <number>', 'where tools reach it; 0 picks a free one', parsePort, defaultPort)
    .option('--no-sandbox', 'without the play-money service')
    .action(async (options: { port: number; sandbox: boolean }) => {
      const { home, isJson } = context();
      const { serve } = await import('./serve.ts');
      await serve({ home, isJson, port: options.port, withSandbox: options.sandbox }, context().io);
    });
  program
    .command('status')
    .description('what runs on the data folder, and a link to its dashboard (exit code 3: nothing runs)')
    .action(async () => onExitCode(await showStatus(context(), homePathHere(context().home))));
  program
    .command('dashboard')
    .description('a fresh link that logs one browser in (exit code 3: nothing runs)')
    .action(async () => onExitCode(await showDashboard(context(), homePathHere(context().home))));
  program
    .command('version')
    .description('the version of Corvus')
    .action(async () => {
      const { version } = findInstallation(import.meta.dirname);
      await printResult(context().io, context().isJson, { version, node: process.versions.node }, () => version);
    });
}

function addMoneyCommands(program: Command, context: GetContext): void {
  program
    .command('balance')
    .description('what is left, asked of the account now')
    .action(() => callAndPrint(context(), 'balance.get', { refresh: true }, render.renderBalance));
  program
    .command('topup')
    .description('order credit and print the page where it is paid')
    .argument('<amount>', 'US dollars, such as 10.00')
    .action((amount: string) => callAndPrint(context(), 'billing.topup', { amount }, render.renderOrder));
  program
    .command('requests')
    .description('the latest requests and what each cost')
    .option('--limit <number>', 'how many, 500 at most', parseLimit, 20)
    .action(({ limit }: { limit: number }) => printRequests(context(), limit));
  program
    .command('models')
    .description('models, where a request for each would go, and prices')
    .action(() => callAndPrint(context(), 'models.list', undefined, render.renderModels));
}

function addVerifyCommand(program: Command, context: GetContext, onExitCode: (code: number) => void): void {
  program
    .command('verify')
    .description("prove the account's statement with what is kept here, without a network (exit code 1: a line does not fit)")
    .option('--take-over', 'fetch it anew and take it as the account tells it now')
    .action(async ({ takeOver }: { takeOver?: boolean }) => {
      const report = takeOver
        ? await callAndReturn(context(), 'account.take-over-statement', undefined, render.renderStatement)
        : await callAndReturn(context(), 'account.verify', { fromStart: true }, render.renderStatement);
      if (report.status === 'fault') onExitCode(1);
    });
}

function addKeyCommands(program: Command, context: GetContext): void {
  const keys = program.command('keys').description('the keys that tools on this machine use');
  keys
    .command('add')
    .description('make a key and show it, once')
    .argument('<label>', 'the tool it is for')
    .option('--route <route>', 'auto, prepaid, or provider:<id>', 'auto')
    .action((label: string, { route }: { route: string }) => callAndPrint(context(), 'keys.create', { label, route }, render.renderNewKey));
  keys
    .command('ls')
    .description('all keys')
    .action(() => callAndPrint(context(), 'keys.list', undefined, render.renderKeys));
  keys
    .command('limit')
    .description('say what a key may do; what is not named is not limited')
    .argument('<id>')
    .option('--requests <number>', 'requests a minute', parseCount)
    .option('--tokens <number>', 'tokens a minute', parseCount)
    .option('--at-once <number>', 'requests under way at once', parseCount)
    .option('--models <patterns>', 'model names, separated by commas; * stands for any text')
    .option('--until <day>', 'the last day on which it works, as 2027-01-31', parseLastDay)
    .action((id: string, options: LimitOptions) =>
      callAndPrint(
        context(),
        'keys.set-limits',
        { id, limits: limitsOf(options) },
        (key) => `${key.label}: ${limitWords(key.limits) || 'no limits'}`,
      ),
    );
  keys
    .command('revoke')
    .description('refuse a key from now on')
    .argument('<id>')
    .action((id: string) => callAndPrint(context(), 'keys.revoke', { id }, (key) => `Revoked ${key.id} (${key.label}).`));
}

function addPlanCommands(program: Command, context: GetContext): void {
  const plans = program.command('plans').description('names that tools ask for like a model, and the models that answer for them');
  plans
    .command('show', { isDefault: true })
    .description('all plans and rules, as JSON')
    .action(() => callAndPrint(context(), 'routing.get', undefined, (routing) => JSON.stringify(routing, null, 2)));
  plans
    .command('set')
    .description('replace all plans and rules by the JSON on standard input')
    .action(async () => {
      await callAndPrint(
        context(),
        'routing.set',
        await readRouting(context().io),
        ({ plans: stored, rules }) => `${stored.length} plans, ${rules.length} rules.`,
      );
    });
}

interface NewProviderOptions {
  id?: string;
  kind: string;
  dialect?: string[];
  baseUrl?: string;
  keyStdin?: boolean;
  local?: boolean;
}

function newProvider({ id, kind, dialect, baseUrl, local }: NewProviderOptions, key: string | null) {
  const custom =
    kind === customKind && dialect ? { dialects: conversationDialectSchema.array().parse(dialect), isLocal: local ?? false } : null;
  return { id: id ?? kind, kind, baseUrl: baseUrl ?? null, custom, key };
}

function addProviderCommands(program: Command, context: GetContext): void {
  const providers = program.command('providers').description('places to buy calls with your own key, and local model servers');
  providers
    .command('add')
    .description('add a provider')
    .option('--kind <kind>', 'one of `providers kinds`, or any other place', customKind)
    .option('--id <id>', 'its name here (default: its kind)')
    .option('--base-url <url>', 'its API address, where the kind does not say it')
    .addOption(new Option('--dialect <dialect...>', 'what another place speaks').choices(conversationDialectSchema.options))
    .option('--key-stdin', 'read its key from standard input')
    .option('--local', 'another place runs on this machine or network: free, no key needed')
    .action(async (options: NewProviderOptions) => {
      const key = options.keyStdin ? await readSecret(context().io) : null;
      await callAndPrint(context(), 'providers.add', newProvider(options, key), (provider) => render.renderProviders([provider]));
    });
  providers
    .command('kinds')
    .description('the kinds of provider that are known by name')
    .action(() => callAndPrint(context(), 'providers.catalogue', undefined, render.renderProviderKinds));
  providers
    .command('discover')
    .description('model servers that run on this machine and are not added yet')
    .action(() => callAndPrint(context(), 'providers.discover', undefined, render.renderLocalServers));
  providers
    .command('balances')
    .description('what is left at each provider that tells')
    .action(() => callAndPrint(context(), 'providers.refresh-balances', undefined, render.renderProviderBalances));
  providers
    .command('ls')
    .description('all providers')
    .action(() => callAndPrint(context(), 'providers.list', undefined, render.renderProviders));
  providers
    .command('test')
    .description('prove address and key and renew the list of models; costs at most one token')
    .argument('<id>')
    .action((id: string) => callAndPrint(context(), 'providers.test', { id }, (provider) => render.renderProviders([provider])));
  providers
    .command('rm')
    .description('remove a provider and its key')
    .argument('<id>')
    .action((id: string) => callAndPrint(context(), 'providers.remove', { id }, (removed) => `Removed ${removed.id}.`));
}

function addAccountCommands(program: Command, context: GetContext): void {
  const account = program.command('account').description('the prepaid account');
  account
    .command('show')
    .description('what is connected')
    .action(() => callAndPrint(context(), 'account.get', undefined, render.renderAccount));
  account
    .command('connect')
    .description('connect a CorvusLLM account by its customer key')
    .option('--base-url <url>', 'the service', defaultAccountBaseUrl)
    .requiredOption('--key-stdin', 'read the customer key from standard input')
    .action(async ({ baseUrl }: { baseUrl: string }) => {
      const customerKey = await readSecret(context().io);
      await callAndPrint(context(), 'account.connect', { baseUrl, customerKey }, render.renderAccount);
    });
  account
    .command('sandbox')
    .description('use play money from the service built in')
    .action(() => callAndPrint(context(), 'account.use-sandbox', undefined, render.renderAccount));
  account
    .command('disconnect')
    .description('forget the account and its key')
    .action(() => callAndPrint(context(), 'account.disconnect', undefined, render.renderAccount));
}

function parsePort(text: string): number {
  return parseWhole(text, 0, 65535);
}

function parseCount(text: string): number {
  return parseWhole(text, 1, 1_000_000_000);
}

function parseLimit(text: string): number {
  return parseWhole(text, 1, 500);
}

function parseWhole(text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
}
