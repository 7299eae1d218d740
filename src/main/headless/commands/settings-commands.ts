import type { z } from 'zod';
import { type Settings, settingsSchema } from '#shared/contract/settings.ts';
import { CorvusError } from '#shared/errors.ts';
import { issueWords } from '#shared/issue-words.ts';
import { callAndPrint, type CommandContext } from '../call-and-print.ts';
import { withConnection } from '../connection.ts';
import { facts, plainText, printResult } from '../output.ts';
import type { CommandLine } from '../program.ts';

type Value = string | number | boolean | null;

const changeSchema = settingsSchema.partial();

/** `corvusllm settings …`: all that the Settings page sets, by the names of the JSON. */
export function addSettingsCommands({ program, context }: CommandLine): void {
  const settings = program.command('settings').description('Show all settings, or change one');
  settings
    .command('show', { isDefault: true })
    .description('Show all settings')
    .action(() => callAndPrint(context(), 'settings.get', undefined, renderSettings));
  settings
    .command('set')
    .description('Change a setting; what a smaller limit no longer keeps is deleted at once')
    .argument(
      '<name>',
      'Such as retentionDays, or captures.of; `port` and `status-file` are commands of their own, too',
    )
    .argument('<value>', 'A number or word; on, off, or none for no limit')
    .action((name: string, value: string) => setSetting(context(), name, value));
}

async function setSetting({ home, isJson, io }: CommandContext, name: string, value: string): Promise<void> {
  await withConnection(home, async (connection) => {
    const change = changeOf(await connection.call('settings.get', undefined), name, value);
    const changed = await connection.call('settings.set', change);
    await printResult(io, isJson, changed, () => renderSettings(changed));
  });
}

/** Throws `bad_request` where there is no such setting, or the value does not fit it. */
function changeOf(settings: Settings, name: string, value: string): z.infer<typeof changeSchema> {
  const current = namesOf(settings).find(([known]) => known === name);
  if (!current) {
    throw new CorvusError('bad_request', `There is no setting "${name}". \`corvusllm settings\` lists them.`);
  }
  const [group = '', member] = name.split('.');
  const whole: unknown = Object.entries(settings).find(([known]) => known === group)?.[1];
  const tried = readings(value).map((read) => {
    const asked = member === undefined ? read : { ...Object(whole), [member]: read };
    return changeSchema.safeParse({ [group]: asked }, { error: issueWords });
  });
  const fitting = tried.find(({ success }) => success);
  if (fitting?.data) return fitting.data;
  const faults = tried.flatMap(({ error }) => error?.issues ?? []);
  // A reading of another type says only that.
  const fault = faults.findLast(({ code }) => code !== 'invalid_type') ?? faults.at(-1);
  const words = typeof current[1] === 'boolean' ? 'must be on or off' : (fault?.message ?? 'is not valid');
  throw new CorvusError('bad_request', `"${value}" is no value of the setting ${name}: it ${words}.`);
}

/** What a word of the command line can mean; the setting's type decides. */
function readings(value: string): unknown[] {
  const words: Readonly<Record<string, unknown>> = { on: true, off: false, none: null };
  const isNumber = /^-?\d+(\.\d+)?$/.test(value);
  return [value, ...(Object.hasOwn(words, value) ? [words[value]] : []), ...(isNumber ? [Number(value)] : [])];
}

/** Every setting by its name; the members of a group behind a point. */
function namesOf(settings: Settings): (readonly [string, Value])[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).map(([member, inner]) => [`${name}.${member}`, inner] as const)
      : [[name, value] as const],
  );
}

function renderSettings(settings: Settings): string {
  return facts(namesOf(settings).map(([name, value]) => [name, plainText(valueText(value))] as const));
}

function valueText(value: Value): string {
  if (value === null) return 'none';
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : value.toString();
}
