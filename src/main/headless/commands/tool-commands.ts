import { InvalidArgumentError } from 'commander';
import { positiveUsdSchema } from '#shared/domain/envelope.ts';
import { type Tool, toolIdSchema } from '#shared/domain/tool.ts';
import { toolProblems } from '#shared/domain/tool-problems.ts';
import { CorvusError } from '#shared/errors.ts';
import { homePathHere } from '../../host/home.ts';
import { findOwner } from '../../host/owner.ts';
import { callAndPrint, callAndReturn, type CommandContext } from '../call-and-print.ts';
import { connectToRunning, withConnection } from '../connection.ts';
import { plainText, printResult } from '../output.ts';
import type { CommandLine } from '../program.ts';
import { renderPlan, renderRestored, renderTool, renderTools, renderUndone } from '../render-tools.ts';
import { runTool, type RunOptions } from '../run-tool.ts';

/** `corvusllm tools …` and `corvusllm run`. */
export function addToolCommands({ program, context, onExitCode }: CommandLine): void {
  const tools = program.command('tools').description('Connect tools on this machine to Corvus, and take that back');
  tools
    .command('ls', { isDefault: true })
    .description('List the tools found on this machine, and which are connected')
    .option('--all', 'Also list known tools that were not found')
    .action(({ all }: { all?: boolean }) =>
      callAndPrint(context(), 'tools.list', { terminal: namesInTerminal() }, (list) => renderTools(list, all ?? false)),
    );
  tools
    .command('connect')
    .description('Show what connecting a tool changes, then write it')
    .argument('<tool>')
    .option('--model <model>', 'Model to use (default: a sensible one that is available)')
    .option('-y, --yes', 'Write the changes without asking')
    .action((tool: string, options: ConnectOptions) => connectTool(context(), tool, options));
  tools
    .command('undo')
    .description("Take our settings out of a tool's files and revoke its key; changes of others stay")
    .argument('<tool>')
    .action((tool: string) => callAndPrint(context(), 'tools.undo', { id: toolId(tool) }, renderUndone));
  tools
    .command('check')
    .description(
      'Check the connected tools: files, variables that win over them, last request (exit code 1: a problem was found)',
    )
    .argument('[tool]')
    .action(async (tool?: string) => onExitCode(await checkTools(context(), tool)));
  tools
    .command('restore')
    .description(
      'Undo every connection, so that all files are as if Corvus had never been here (exit code 1: one failed)',
    )
    .action(async () => {
      const { failed } = await callAndReturn(context(), 'tools.restore', undefined, renderRestored);
      if (failed.length > 0) onExitCode(1);
    });
  addRunCommands({ program, context, onExitCode });
}

function addRunCommands({ program, context, onExitCode }: CommandLine): void {
  program
    .command('run')
    .description('Start a command with the right environment and a key of its own; no file is changed')
    .usage('[options] -- <command> [arguments...]')
    .argument('<command...>')
    .option('--tool <tool>', 'The tool that the command starts (default: recognised by its name)', toolId)
    .option('--model <model>', 'Model to use (default: a sensible one that is available)')
    .option(
      '--envelope <usd>',
      'The most that this run may spend, such as 5.00: it gets a key of its own, which ends with it',
    )
    .action(async (command: string[], options: RunOptions) => onExitCode(await runTool(context(), command, options)));
  program
    .command('guard')
    .description(
      'Like run, for a script: with a limit, and only if there is enough balance (exit code 4: there is not; 5: stopped at its limit)',
    )
    .usage('[options] -- <command> [arguments...]')
    .argument('<command...>')
    .option('--min-balance <usd>', 'Start only with as much to spend on the prepaid account', parseAmount)
    .option('--max-run <usd>', 'The most that this run may spend', parseAmount)
    .option('--tool <tool>', 'The tool that the command starts (default: recognised by its name)', toolId)
    .option('--model <model>', 'Model to use (default: a sensible one that is available)')
    .action(async (command: string[], { maxRun, ...options }: GuardOptions) => {
      if (maxRun === undefined && options.minBalance === undefined)
        throw new CorvusError('bad_request', 'Give --min-balance, --max-run or both.');
      const limit = maxRun === undefined ? {} : { envelope: maxRun };
      onExitCode(await runTool(context(), command, { ...options, ...limit }));
    });
}

type GuardOptions = Omit<RunOptions, 'envelope'> & { maxRun?: string };

interface ConnectOptions {
  model?: string;
  yes?: boolean;
}

async function connectTool(
  context: CommandContext,
  tool: string,
  { model = null, yes = false }: { model?: string | null; yes?: boolean },
): Promise<void> {
  const { io, isJson } = context;
  const connection = await connectToRunning(context.home);
  const id = toolId(tool);
  const plan = await connection.call('tools.plan', { id, model, terminal: namesInTerminal() });
  // The person must see what the question is about, whatever the format of the result.
  if (!isJson) await io.write(`${renderPlan(plan)}\n\n`);
  else if (!yes && io.prompts) await io.writeError(`${renderPlan(plan)}\n\n`);
  if (!yes) {
    if (!io.prompts) throw new CorvusError('bad_request', 'Nothing was written. Add --yes to write these changes.');
    if (!(await io.prompts.confirm('Write these changes?'))) throw new CorvusError('cancelled');
  }
  const connected = await connection.call('tools.connect', { id, model, seen: plan.seen });
  await printResult(
    io,
    isJson,
    connected,
    () => `${renderTool(connected)}\nUndo it with \`corvusllm tools undo ${id}\`.`,
  );
}

async function checkTools(context: CommandContext, tool: string | undefined): Promise<number> {
  const isRunning = (await findOwner(homePathHere(context.home))) !== null;
  return withConnection(context.home, async (connection) => {
    const all = await connection.call('tools.list', { terminal: namesInTerminal() });
    const chosen = all.filter((known) => (tool === undefined ? known.connection !== null : known.id === toolId(tool)));
    if (tool !== undefined && chosen.length === 0)
      throw new CorvusError(
        'not_found',
        `There is no tool "${tool}". \`corvusllm tools ls --all\` lists the known ones.`,
      );
    const checked = chosen.map((known) => ({ ...known, problems: problemsOf(known, isRunning) }));
    await printResult(context.io, context.isJson, checked, () =>
      checked.length === 0
        ? 'No tool is connected.'
        : checked
            .map((known) =>
              [renderTool(known), ...known.problems.map((problem) => plainText(`  ! ${problem}`))].join('\n'),
            )
            .join('\n\n'),
    );
    return checked.some(({ problems }) => problems.length > 0) ? 1 : 0;
  });
}

/** Without a running Corvus the address in the settings says nothing: it is the missing program that matters. */
function problemsOf(tool: Tool, isRunning: boolean): string[] {
  if (!tool.connection) return ['It is not connected.'];
  if (isRunning) return toolProblems(tool);
  const atRest = { ...tool, connection: { ...tool.connection, isElsewhere: false } };
  return ['Corvus is not running, so the tool gets no answer. `corvusllm serve` starts it.', ...toolProblems(atRest)];
}

/** Throws `not_found` for what is no tool's id. */
export function toolId(text: string) {
  const parsed = toolIdSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new CorvusError('not_found', `There is no tool "${text}". \`corvusllm tools ls --all\` lists the known ones.`);
}

function parseAmount(text: string): string {
  if (positiveUsdSchema.safeParse(text).success) return text;
  throw new InvalidArgumentError('It must be an amount in US dollars, such as 5.00.');
}

function namesInTerminal(): string[] {
  return Object.keys(process.env);
}
