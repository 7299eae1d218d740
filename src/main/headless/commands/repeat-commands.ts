import type { Output } from '#shared/contract/contract.ts';
import { repeatWords } from '#shared/domain/repeat.ts';
import { callAndPrint } from '../call-and-print.ts';
import { table } from '../output.ts';
import type { CommandLine } from '../program.ts';
import { time } from '../render.ts';
import { requestId } from './request-commands.ts';

/** `corvusllm repeats …` */
export function addRepeatCommands({ program, context }: CommandLine): void {
  const repeats = program
    .command('repeats')
    .description('Show repeated requests that Corvus answers by itself, and let one through');
  repeats
    .command('ls', { isDefault: true })
    .description('List them with their count and what was not spent, newest first')
    .action(() => callAndPrint(context(), 'repeats.list', undefined, renderRepeats));
  repeats
    .command('let-through')
    .description('Send the next one')
    .argument('<id>', 'The id of the request that is repeated')
    .action((id: string) =>
      callAndPrint(context(), 'repeats.let-through', { id: requestId(id) }, ({ wasHeld }) =>
        wasHeld ? 'The next one is sent.' : 'This request is not answered here now: the next one is sent anyway.',
      ),
    );
}

function renderRepeats(totals: Output<'repeats.list'>): string {
  const words = repeatWords(totals);
  if (words === null) return 'No request came again after it was refused.';
  const rows = totals.requests.map(
    ({ requestId, localKeyLabel, model, errorCode, httpStatus, answered, saved, lastAtMs, isHeld }) => [
      requestId,
      localKeyLabel,
      model,
      errorCode ?? `HTTP ${httpStatus}`,
      String(answered),
      saved ?? 'unknown',
      time(lastAtMs),
      isHeld ? 'answered here' : 'sent',
    ],
  );
  const columns = ['REQUEST', 'KEY', 'MODEL', 'AFTER', 'REPEATS ', 'NOT SPENT USD ', 'LAST', 'NEXT ONE'];
  return [table(columns, rows), `${words}.`].join('\n\n');
}
