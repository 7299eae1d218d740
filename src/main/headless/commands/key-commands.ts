import { Argument, type Command, Option } from 'commander';
import { type LocalKey, switchLaneSchema } from '#shared/domain/local-key.ts';
import { limitWords } from '#shared/domain/limit-words.ts';
import { callAndPrint, type CommandContext } from '../call-and-print.ts';
import { type Connection, withConnection } from '../connection.ts';
import { findKey } from '../filter-options.ts';
import { type LimitOptions, orNone, parseLastDay, parsePatterns, withLimits } from '../key-limits.ts';
import { plainText, printResult } from '../output.ts';
import { type CommandLine, parseWhole } from '../program.ts';
import { renderKeys, renderNewKey } from '../render.ts';

/** `corvusllm keys …` */
export function addKeyCommands({ program, context }: CommandLine): void {
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
  addLimitCommand(keys, context);
  keys
    .command('attribution')
    .description(
      "Keep the changing value in Claude Code's attribution line steady, so that prompt caches hold, or leave it untouched",
    )
    .argument('<key>', 'Its id or label')
    .addArgument(new Argument('<how>', 'What happens to the value').choices(['steady', 'untouched']))
    .action((named: string, how: string) =>
      changeKey(
        context(),
        named,
        (connection, { id }) => connection.call('keys.set-attribution', { id, isSteady: how === 'steady' }),
        (key) => `${key.label}: attribution line ${how}`,
      ),
    );
  keys
    .command('revoke')
    .description('Revoke a key')
    .argument('<key>', 'Its id or label')
    .action((named: string) =>
      changeKey(
        context(),
        named,
        (connection, { id }) => connection.call('keys.revoke', { id }),
        (key) => `Revoked ${key.id} (${key.label}).`,
      ),
    );
}

function addLimitCommand(keys: Command, context: CommandLine['context']): void {
  keys
    .command('limit')
    .description("Set a key's limits; limits that are not named stay, and `none` removes one")
    .argument('<key>', 'Its id or label')
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
    .action((named: string, options: LimitOptions) =>
      changeKey(
        context(),
        named,
        (connection, { id, limits }) => connection.call('keys.set-limits', { id, limits: withLimits(limits, options) }),
        ({ label, limits }) => `${label}: ${limitWords(limits) || 'no limits'}`,
      ),
    );
}

/** @param named its id or label */
async function changeKey(
  { home, isJson, io }: CommandContext,
  named: string,
  change: (connection: Connection, key: LocalKey) => Promise<LocalKey>,
  render: (changed: LocalKey) => string,
): Promise<void> {
  await withConnection(home, async (connection) => {
    const changed = await change(connection, await findKey(connection, named));
    await printResult(io, isJson, changed, () => plainText(render(changed)));
  });
}

function parseCount(text: string): number {
  return parseWhole(text, 1, 1_000_000_000);
}
