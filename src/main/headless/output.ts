import { text } from 'node:stream/consumers';
import { InvalidArgumentError } from 'commander';
import { cutText } from '#shared/cut-text.ts';
import { CorvusError } from '#shared/errors.ts';
import { type Prompts, terminalPrompts } from './prompts.ts';

/** Where a command reads and writes; a test brings its own. */
export interface CommandIo {
  stdin: NodeJS.ReadableStream;
  /** Resolves when the text has left the process. */
  write(text: string): Promise<void>;
  writeError(text: string): Promise<void>;
  /** The reader of the output has left: what follows need not be made. */
  isReaderGone(): boolean;
  /** null: not at a terminal. */
  prompts: Prompts | null;
  /** The file mode mask of the shell, which a command that is started inherits. */
  umask: number;
}

export const processIo = (umask: number): CommandIo => ({
  umask,
  stdin: process.stdin,
  write: (text) => writeTo(process.stdout, text),
  writeError: (text) => writeTo(process.stderr, text),
  isReaderGone: () => left.has(process.stdout),
  prompts: process.stdin.isTTY && process.stderr.isTTY ? terminalPrompts : null,
});

/** Streams whose reader is gone. */
const left = new WeakSet<NodeJS.WritableStream>();

function writeTo(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error?: Error | null) => {
      // The reader may be gone (`corvusllm requests | head`): that ends the output and is no failure.
      const isGone = error && 'code' in error && error.code === 'EPIPE';
      if (isGone) left.add(stream);
      if (!error || isGone) resolve();
      else
        reject(new CorvusError('storage_unavailable', `The output could not be written: ${error.message}.`, {}, error));
    };
    stream.once('error', end);
    stream.write(text, end);
  });
}

/** One JSON document on one line, or the text a person reads. */
export function printResult(io: CommandIo, isJson: boolean, value: unknown, words: () => string): Promise<void> {
  return io.write(isJson ? `${plainJson(value)}\n` : `${words()}\n`);
}

/** A key. */
export function readKey(io: CommandIo, message: string, isPiped: boolean): Promise<string> {
  return readSecret(io, { message, what: 'key', option: '--key-stdin' }, isPiped);
}

/** The prompt, the name of the secret, and the option that reads it from standard input. */
interface Secret {
  message: string;
  what: string;
  option: string;
}

/**
 * Asks at a terminal without showing what is typed; otherwise reads all of standard input, without the line end.
 * @param isPiped whether the command was told that standard input has it
 */
export async function readSecret(io: CommandIo, { message, what, option }: Secret, isPiped: boolean): Promise<string> {
  if (io.prompts) return io.prompts.secret(message);
  if (!isPiped) throw new InvalidArgumentError(`Give the ${what} on standard input, with ${option}.`);
  const secret = (await readInput(io)).trim();
  if (secret === '') throw new CorvusError('bad_request', `Standard input contains no ${what}.`);
  return secret;
}

/** "1 request", "12 requests" */
export function counted(count: number, one: string): string {
  return `${count} ${count === 1 ? one : `${one}s`}`;
}

/** All of standard input. It comes in pieces, which can end within a character, and may begin with a byte order mark. */
export function readInput({ stdin }: Pick<CommandIo, 'stdin'>): Promise<string> {
  return text(stdin);
}

// Names come from upstreams and tools; none of them may send control characters to the terminal.
const terminalControls = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

export function plainText(text: string): string {
  return text.replace(terminalControls, '?');
}

/** JSON that is safe on a terminal: control characters are escaped, so its value is the same. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replace(
    terminalControls,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const longestCell = 300;

function cell(text: string): string {
  return plainText(text.length > longestCell ? `${cutText(text, longestCell - 1)}…` : text);
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const wide =
  /^(?:\p{Emoji_Presentation}|.*\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}])/u;

/** How many columns of a terminal a text takes: Chinese characters and pictures take two, accents none. */
function columnsOf(text: string): number {
  // The common case: only ASCII.
  if (/^[\x20-\x7e…]*$/.test(text)) return text.length;
  return Array.from(graphemes.segment(text)).reduce((sum, { segment }) => sum + (wide.test(segment) ? 2 : 1), 0);
}

/** Rows under headings, columns aligned; numbers (headings ending in a space) to the right. */
export function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const clean = rows.map((row) => row.map(cell));
  const widths = headings.map((heading, column) =>
    Math.max(heading.trim().length, ...clean.map((row) => columnsOf(row[column] ?? ''))),
  );
  const isNumber = headings.map((heading) => heading.endsWith(' '));
  const line = (cells: readonly string[]) =>
    cells
      .map((text, column) => {
        const space = ' '.repeat((widths[column] ?? 0) - columnsOf(text));
        return isNumber[column] ? space + text : text + space;
      })
      .join('  ')
      .trimEnd();
  return [line(headings.map((heading) => heading.trim())), ...clean.map(line)].join('\n');
}

/** Names and values, one pair per line. */
export function facts(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${plainText(value)}`).join('\n');
}
