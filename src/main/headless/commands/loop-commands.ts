import type { Output } from '#shared/contract/contract.ts';
import { callAndPrint, callAndReturn } from '../call-and-print.ts';
import { table } from '../output.ts';
import type { CommandLine } from '../program.ts';
import { time } from '../render.ts';

/** `corvusllm loops …` */
export function addLoopCommands({ program, context, onExitCode }: CommandLine): void {
  const loops = program
    .command('loops')
    .description(
      'Show agents that repeat a tool call with the same result or spend far more than usual, and let one go on',
    );
  loops
    .command('ls', { isDefault: true })
    .description('List the loops of the last hour, newest first')
    .action(() => callAndPrint(context(), 'loops.list', undefined, renderLoops));
  loops
    .command('let-through')
    .description('Let a loop pass that its key has stopped (exit code 1: there is no such loop)')
    .argument('<id>')
    .action(async (id: string) => {
      const { isKnown } = await callAndReturn(context(), 'loops.let-through', { id }, (loop) =>
        loop.isKnown ? 'It passes.' : 'There is no such loop.',
      );
      if (!isKnown) onExitCode(1);
    });
}

function renderLoops(loops: Output<'loops.list'>): string {
  if (loops.length === 0) return 'No agent ran in a loop within the last hour.';
  const rows = loops.map((loop) => [
    loop.id,
    loop.localKeyLabel,
    loop.kind === 'steep-spend' ? `${loop.spent} USD in 15 min, usually ${loop.usual}` : loop.tools.join(', '),
    loop.kind === 'steep-spend' ? '-' : String(loop.times),
    time(loop.lastAtMs),
    loop.state,
  ]);
  return table(['ID', 'KEY', 'TOOLS OR SPEND', 'TIMES ', 'LAST', 'STATE'], rows);
}
