import { offerWords } from '#shared/account/offer-words.ts';
import type { Output } from '#shared/contract/contract.ts';
import { callAndPrint, callAndReturn } from '../call-and-print.ts';
import { table } from '../output.ts';
import type { CommandLine } from '../program.ts';
import { time } from '../render.ts';
import { requestId } from './request-commands.ts';

/** `corvusllm waiting …` */
export function addParkedCommands({ program, context, onExitCode }: CommandLine): void {
  const waiting = program
    .command('waiting')
    .description('Show requests that wait for money, refuse one, or send it elsewhere');
  waiting
    .command('ls', { isDefault: true })
    .description('List them, the oldest first')
    .action(() => callAndPrint(context(), 'parked.list', undefined, renderParked));
  waiting
    .command('refuse')
    .description('End the wait of one request (exit code 1: it does not wait)')
    .argument('<id>')
    .action(async (id: string) => {
      const { hasWaited } = await callAndReturn(context(), 'parked.refuse', { id: requestId(id) }, (refused) =>
        refused.hasWaited ? 'It is refused.' : 'It does not wait.',
      );
      if (!hasWaited) onExitCode(1);
    });
  waiting
    .command('switch')
    .description('Send one request to the other lane that it was offered (exit code 1: it was not sent)')
    .argument('<id>')
    .action(async (id: string) => {
      const { isSent } = await callAndReturn(context(), 'parked.switch', { id: requestId(id) }, (switched) =>
        switched.isSent ? 'It is sent there.' : 'It does not wait, or has no other lane.',
      );
      if (!isSent) onExitCode(1);
    });
}

function renderParked(requests: Output<'parked.list'>): string {
  if (requests.length === 0) return 'No request waits for money.';
  const rows = requests.map(({ requestId, localKeyLabel, model, awaits, required, sinceMs, untilMs }) => [
    requestId,
    localKeyLabel,
    model,
    awaits.kind === 'balance' ? 'balance' : awaits.id,
    required ?? 'unknown',
    time(sinceMs),
    time(untilMs),
  ]);
  const list = table(['REQUEST', 'KEY', 'MODEL', 'WAITS FOR', 'NEEDS USD ', 'SINCE', 'REFUSED AT'], rows);
  const offers = requests.flatMap(({ requestId, offer }) =>
    offer ? [`${offerWords(offer)}\nSend it there: corvusllm waiting switch ${requestId}`] : [],
  );
  return [list, ...offers].join('\n\n');
}
