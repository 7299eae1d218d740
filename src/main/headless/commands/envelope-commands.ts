import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Output } from '#shared/contract/contract.ts';
import {
  type EnvelopePeriod,
  envelopePeriods,
  type EnvelopeScope,
  periodWords,
  scopeTitle,
  scopeWords,
} from '#shared/domain/envelope.ts';
import { CorvusError } from '#shared/errors.ts';
import type { LocalKeyId } from '#shared/ids.ts';
import { callAndPrint, type CommandContext } from '../call-and-print.ts';
import { withConnection } from '../connection.ts';
import { findKey } from '../filter-options.ts';
import { printResult, table } from '../output.ts';
import type { CommandLine } from '../program.ts';
import { time } from '../render.ts';

interface ScopeOptions {
  key?: string;
  project?: string;
  session?: string;
  model?: string;
  provider?: string;
}

interface AddOptions extends ScopeOptions {
  per: EnvelopePeriod;
  name?: string;
  timeZone?: string;
  unpriced: UnpricedChoice;
}

const longestName = 80;

type UnpricedChoice = 'allow' | 'refuse';

const unpricedOption = () =>
  new Option('--unpriced <choice>', 'Whether requests without a known price pass').choices(['allow', 'refuse']);

/** `corvusllm envelopes …` */
export function addEnvelopeCommands({ program, context }: CommandLine): void {
  const envelopes = program
    .command('envelopes')
    .description('Manage envelopes: limits in dollars for tools, projects, models and providers');
  envelopes
    .command('ls', { isDefault: true })
    .description('List all envelopes with what is spent and left')
    .action(() => callAndPrint(context(), 'envelopes.list', undefined, renderEnvelopes));
  envelopes
    .command('add')
    .description('Create an envelope; without a scope it is for all requests')
    .argument('<limit>', 'US dollars, such as 5.00')
    .addOption(new Option('--per <period>', 'How often it starts again').choices(envelopePeriods).default('day'))
    .option('--key <key>', 'For one local key: its id or label')
    .option('--project <name>', 'For one project; * matches any text')
    .option('--session <id>', 'For one session')
    .option('--model <pattern>', 'For models; * matches any text')
    .option('--provider <id>', 'For one provider, or account for the prepaid account')
    .option('--name <name>', 'What it is called (default: its scope)')
    .option('--time-zone <zone>', 'Where its days begin (default: the one of this machine)')
    .addOption(unpricedOption().default('refuse'))
    .action((limit: string, options: AddOptions) => addEnvelope(context(), limit, options));
  addChanges(envelopes, context);
}

async function addEnvelope({ home, isJson, io }: CommandContext, limit: string, options: AddOptions): Promise<void> {
  await withConnection(home, async (connection) => {
    const key = options.key === undefined ? undefined : await findKey(connection, options.key);
    const scope = scopeOf({ ...options, key: key?.id });
    const envelope = await connection.call('envelopes.create', {
      name: options.name ?? scopeTitle(scope, () => key?.label ?? null).slice(0, longestName),
      scope,
      limit,
      period: options.per,
      timeZone: options.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
      allowsUnpriced: options.unpriced === 'allow',
    });
    await printResult(io, isJson, envelope, () => renderEnvelopes([envelope]));
  });
}

function addChanges(envelopes: Command, context: CommandLine['context']): void {
  const change = (id: string, terms: object) =>
    callAndPrint(context(), 'envelopes.change', { id, ...terms }, (envelope) => renderEnvelopes([envelope]));
  envelopes
    .command('raise')
    .description('Set a new limit; requests that wait go on')
    .argument('<id>')
    .argument('<limit>', 'US dollars, such as 10.00')
    .action((id: string, limit: string) => change(id, { limit }));
  envelopes
    .command('change')
    .description('Rename an envelope, or decide about requests without a known price')
    .argument('<id>')
    .option('--name <name>', 'What it is called')
    .addOption(unpricedOption())
    .action(async (id: string, { name, unpriced }: { name?: string; unpriced?: UnpricedChoice }) => {
      if (name === undefined && unpriced === undefined)
        throw new CorvusError('bad_request', 'Give --name, --unpriced or both.');
      await change(id, {
        ...(name === undefined ? {} : { name }),
        ...(unpriced === undefined ? {} : { allowsUnpriced: unpriced === 'allow' }),
      });
    });
  envelopes
    .command('pause')
    .description('Count, but refuse nothing until it is resumed')
    .argument('<id>')
    .action((id: string) => change(id, { isPaused: true }));
  envelopes
    .command('resume')
    .description('Refuse again what goes beyond the limit')
    .argument('<id>')
    .action((id: string) => change(id, { isPaused: false }));
  envelopes
    .command('reset')
    .description('Start the count again, now')
    .argument('<id>')
    .action((id: string) =>
      callAndPrint(context(), 'envelopes.reset', { id }, (envelope) => renderEnvelopes([envelope])),
    );
  envelopes
    .command('rm')
    .description('Remove an envelope')
    .argument('<id>')
    .action((id: string) => callAndPrint(context(), 'envelopes.remove', { id }, (removed) => `Removed ${removed.id}.`));
}

/** Throws `InvalidArgumentError` where more than one scope is given. */
function scopeOf({
  key,
  project,
  session,
  model,
  provider,
}: Omit<ScopeOptions, 'key'> & { key: LocalKeyId | undefined }): EnvelopeScope {
  const scopes: EnvelopeScope[] = [
    ...(key === undefined ? [] : [{ kind: 'key' as const, keyId: key }]),
    ...(project === undefined ? [] : [{ kind: 'project' as const, name: project }]),
    ...(session === undefined ? [] : [{ kind: 'session' as const, id: session }]),
    ...(model === undefined ? [] : [{ kind: 'model' as const, pattern: model }]),
    ...(provider === undefined ? [] : [{ kind: 'provider' as const, providerId: provider }]),
  ];
  if (scopes.length > 1)
    throw new InvalidArgumentError('Give one of --key, --project, --session, --model and --provider.');
  return scopes[0] ?? { kind: 'everything' };
}

function renderEnvelopes(envelopes: Output<'envelopes.list'>): string {
  if (envelopes.length === 0)
    return 'There are no envelopes. `corvusllm envelopes add 5.00 --per day` creates one for all requests.';
  return table(
    ['ID', 'NAME', 'FOR', 'LIMIT USD ', 'SPENT ', 'HELD ', 'LEFT ', 'RESETS', 'STATE'],
    envelopes.map((envelope) => [
      envelope.id,
      envelope.name,
      scopeWords(envelope.scope),
      `${envelope.limit} ${periodWords[envelope.period]}`,
      envelope.spent,
      envelope.held,
      envelope.left,
      envelope.resetsAtMs === null ? 'never' : time(envelope.resetsAtMs),
      envelope.isPaused ? 'paused' : 'active',
    ]),
  );
}
