import type { Command } from 'commander';
import type { Output } from '#shared/contract/contract.ts';
import { callAndPrint, type CommandContext } from './call-and-print.ts';
import { table } from './output.ts';
import { time } from './render.ts';

/** `corvusllm loops …` */
export function addLoopCommands(program: Command, context: () => CommandContext): void {
  const loops = program
    .command('loops')
    .description('Show agents that repeat a tool call with the same result, and let one go on');
  loops
    .command('ls', { isDefault: true })
    .description('List the loops of the last hour, newest first')
    .action(() => callAndPrint(context(), 'loops.list', undefined, renderLoops));
  loops
    .command('let-through')
    .description('Let a loop pass that its key has stopped')
    .argument('<id>')
    .action((id: string) =>
      callAndPrint(context(), 'loops.let-through', { id }, ({ isKnown }) =>
        isKnown ? 'It passes.' : 'There is no such loop.',
      ),
    );
}

function renderLoops(loops: Output<'loops.list'>): string {
  if (loops.length === 0) return 'No agent ran in a loop within the last hour.';
  const rows = loops.map(({ id, localKeyLabel, tools, times, lastAtMs, state }) => [
    id,
    localKeyLabel,
    tools.join(', '),
    String(times),
    time(lastAtMs),
    state,
  ]);
  return table(['ID', 'KEY', 'TOOLS', 'TIMES ', 'LAST', 'STATE'], rows);
}
