import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { addCommands } from '../../../src/main/headless/add-commands.ts';
import { createProgram } from '../../../src/main/headless/program.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');
const documents = [...globSync('*.md', { cwd: root }), ...globSync('docs/**/*.md', { cwd: root })].toSorted();

const line = createProgram(
  {
    stdin: process.stdin,
    write: async () => undefined,
    writeError: async () => undefined,
    isReaderGone: () => false,
    prompts: null,
    umask: 0,
  },
  () => undefined,
);
addCommands(line);
const { program } = line;

/** The command lines of the table in docs/cli.md, without `corvusllm`. */
const listed = textOf('docs/cli.md')
  .split('\n')
  .filter((row) => row.startsWith('| `'))
  .flatMap((row) => [...(row.split(/(?<!\\)\|/)[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code));

function leavesOf(command: Command, path: readonly string[]): { path: string; command: Command }[] {
  if (command.commands.length === 0) return [{ path: path.join(' '), command }];
  return command.commands.flatMap((inner) => leavesOf(inner, [...path, inner.name()]));
}

const flagsOf = (command: Command) => command.options.flatMap(({ long }) => long ?? []);
/** A command that its parent alone means may be written without its name: `envelopes` for `envelopes ls`. */
const spellings = (path: string) => [path, path.replace(/ (ls|show|size)$/, ''), path.replace(/ ls$/, ' [ls]')];
const named = (path: string) =>
  listed.filter((code) => spellings(path).some((name) => code === name || code.startsWith(`${name} `)));

test('the table of docs/cli.md has every command with every option', () => {
  const missing = leavesOf(program, []).flatMap(({ path, command }) => {
    const codes = named(path);
    if (codes.length === 0) return [path];
    // `…` stands for options that the row names in words.
    const has = (flag: string) => codes.some((code) => code.includes(flag) || code.endsWith('…'));
    return flagsOf(command).flatMap((flag) => (has(flag) ? [] : [`${path} ${flag}`]));
  });
  expect(missing).toEqual([]);
});

/** What a command line of a document names and no program has; null: all of it exists. */
function wrongIn(text: string): string | null {
  const words = (text.split(/ -- | [|<>] | #|\)/, 1)[0] ?? '').trim().split(/\s+/);
  let command = program;
  let depth = 0;
  for (const word of words) {
    const inner = command.commands.find((known) => known.name() === word);
    if (!inner) break;
    command = inner;
    depth += 1;
  }
  const next = words[depth] ?? '';
  const takesWords = command.registeredArguments.length > 0;
  if (/^[a-z][a-z-]+$/.test(next) && !takesWords && command.commands.length > 0) return next;
  const known = [...flagsOf(command), ...flagsOf(program), '--help', '--version'];
  const reached = command.commands.flatMap((inner) => flagsOf(inner));
  const flags = words.slice(depth).flatMap((word) => /^\[?(--[a-z][a-z-]*)/.exec(word)?.[1] ?? []);
  return flags.find((flag) => !known.includes(flag) && !reached.includes(flag)) ?? null;
}

function commandLinesOf(text: string): string[] {
  const blocks = [...text.matchAll(/^```(?:sh)?\n([^]*?)^```$/gm)].flatMap(([, block = '']) => block.split('\n'));
  const inBlocks = blocks.flatMap((row) => /(?:^|[(] ?|npx |-- )corvusllm (.+)$/.exec(row)?.[1] ?? []);
  const inWords = [...text.matchAll(/`corvusllm ([^`]+)`/g)].map(([, code = '']) => code);
  return [...inBlocks, ...inWords].map((code) => code.replaceAll('\\|', '|'));
}

test.each(documents)('every command line of %s exists', (path) => {
  const wrong = commandLinesOf(textOf(path)).flatMap((text) => (wrongIn(text) === null ? [] : [text]));
  expect(wrong).toEqual([]);
});

test.each([
  ['nothing-of-the-kind', 'nothing-of-the-kind'],
  ['envelopes drop env_1', 'drop'],
  ['balance --exact', '--exact'],
  ['keys limit lk_1 --dollars 3 --wait 2', '--dollars'],
])('%s is seen', (text, found) => {
  expect(wrongIn(text)).toBe(found);
});

test.each(documents)('every npm script that %s names exists', (path) => {
  const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
  // What an example starts is the reader's own.
  const prose = textOf(path).replaceAll(/^```[^]*?^```$/gm, '');
  const named = [...prose.matchAll(/npm run (?:-s )?([a-z][a-z0-9:-]*)/g)].map(([, name = '']) => name);
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
});
