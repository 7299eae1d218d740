import { asObject, parseJson } from '#shared/dialects/json-value.ts';

export interface EchoToolCall {
  name: string;
  input: Readonly<Record<string, unknown>>;
}

/** What `#echo` lines in a prompt ask the model to do. docs/echo.md is the reference. */
export interface EchoScript {
  text: string | null;
  tools: readonly EchoToolCall[];
  reasoningTokens: number;
  cacheReadTokens: number;
  cacheWrite5mTokens: number;
  cacheWrite1hTokens: number;
  error: { status: number; code: string | null } | null;
  /** Pause before every chunk after the first. */
  delayMs: number;
  /** Break the stream off after this many chunks. */
  cutAfterChunks: number | null;
  /** Report no usage. */
  hidesUsage: boolean;
  finishReason: string | null;
  /** Send nothing after the first chunk, for ever. */
  stalls: boolean;
}

type Draft = { -readonly [K in keyof EchoScript]: EchoScript[K] };

const commandPattern = /^#echo[ \t]+([a-z0-9-]+)[ \t]*(.*)$/gm;
const maxCount = 1_000_000;

/** Reads the script of a prompt; null when it has none. Throws a sentence naming a line that cannot be followed. */
export function readEchoScript(prompt: string, wordsOfTokens: (count: number) => string): EchoScript | null {
  const script = emptyScript();
  let lines = 0;
  for (const [, command = '', argument = ''] of prompt.matchAll(commandPattern)) {
    lines += 1;
    applyCommand(script, command, argument.trim(), wordsOfTokens);
  }
  return lines === 0 ? null : script;
}

export function emptyScript(): Draft {
  return {
    text: null,
    tools: [],
    reasoningTokens: 0,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    error: null,
    delayMs: 0,
    cutAfterChunks: null,
    hidesUsage: false,
    finishReason: null,
    stalls: false,
  };
}

function applyCommand(
  script: Draft,
  command: string,
  argument: string,
  wordsOfTokens: (count: number) => string,
): void {
  switch (command) {
    case 'text':
      script.text = script.text === null ? argument : `${script.text}\n${argument}`;
      return;
    case 'tokens':
      script.text = wordsOfTokens(readCount(command, argument));
      return;
    case 'tool':
      script.tools = [...script.tools, readTool(argument)];
      return;
    case 'reasoning':
      script.reasoningTokens = readCount(command, argument);
      return;
    case 'cache-read':
      script.cacheReadTokens = readCount(command, argument);
      return;
    case 'cache-write':
      applyCacheWrite(script, argument);
      return;
    case 'error':
      script.error = readError(argument);
      return;
    case 'delay':
      script.delayMs = readCount(command, argument);
      return;
    case 'cut':
      script.cutAfterChunks = readCount(command, argument);
      return;
    case 'no-usage':
      script.hidesUsage = true;
      return;
    case 'finish':
      script.finishReason = argument;
      return;
    case 'stall':
      script.stalls = true;
      return;
    default:
      throw new Error(`"#echo ${command}" is not a command of the echo model.`);
  }
}

function readCount(command: string, argument: string): number {
  const count = /^\d{1,7}$/.test(argument) ? Number(argument) : maxCount + 1;
  if (count > maxCount) throw new Error(`"#echo ${command}" needs a whole number up to ${maxCount}.`);
  return count;
}

function applyCacheWrite(script: Draft, argument: string): void {
  const [count = '', lifetime] = argument.split(/\s+/);
  if (lifetime === '1h') script.cacheWrite1hTokens = readCount('cache-write', count);
  else script.cacheWrite5mTokens = readCount('cache-write', count);
}

function readTool(argument: string): EchoToolCall {
  const [, name = '', json = ''] = /^(\S+)\s*(.*)$/.exec(argument) ?? [];
  const input = json === '' ? {} : asObject(parseJson(json));
  if (name === '' || !input) throw new Error('"#echo tool" needs a name and its arguments as a JSON object.');
  return { name, input };
}

function readError(argument: string): { status: number; code: string | null } {
  const [status = '', code] = argument.split(/\s+/);
  if (!/^[45]\d\d$/.test(status)) throw new Error('"#echo error" needs a status from 400 to 599.');
  return { status: Number(status), code: code ?? null };
}
