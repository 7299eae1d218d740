import { Argument, type Command, Option } from 'commander';
import { switchLaneSchema } from '#shared/domain/local-key.ts';
import { limitWords } from '#shared/domain/limit-words.ts';
import { CorvusError } from '#shared/errors.ts';
import { callAndPrint, type CommandContext } from '../call-and-print.ts';
import { connect } from '../connection.ts';
import { type LimitOptions, orNone, parseLastDay, parsePatterns, withLimits } from '../key-limits.ts';
import { plainText, printResult } from '../output.ts';
import { parseWhole } from '../program.ts';
import { renderKeys, renderNewKey } from '../render.ts';

/** `corvusllm keys …` */
export function addKeyCommands(program: Command, context: () => CommandContext): void {
  const keys = program.command('keys').description('Manage the keys that tools on this machine use');
  keys
    .command('add')
    .description('Create a key and show it once')
    .argument('<label>', 'The tool that will use it')
    .option('--route <route>', 'auto, prepaid or provider:<id>', 'auto')
    .action((label: string, { route }: { route: string }) =>
      callAndPrint(context(), 'keys.create', { label, route }, renderNewKey),
    );
  keys
    .command('ls', { isDefault: true })
    .description('List all keys')
    .action(() => callAndPrint(context(), 'keys.list', undefined, (all) => renderKeys(all, Date.now())));
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
    .addArgument(new Argument('<how>', 'What happens to the value').choices(['steady', 'untouched']))
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

function parseCount(text: string): number {
  return parseWhole(text, 1, 1_000_000_000);
}
