import type { Capture } from '#shared/contract/captures.ts';
import { CorvusError } from '#shared/errors.ts';
import { callAndPrint, type CommandContext } from '../call-and-print.ts';
import { withConnection } from '../connection.ts';
import { plainText, printResult } from '../output.ts';
import type { CommandLine } from '../program.ts';
import { requestId } from './request-commands.ts';

/** `corvusllm bodies …`: what clients sent and got, where the person has it kept. */
export function addBodyCommands({ program, context }: CommandLine): void {
  const bodies = program.command('bodies').description('Show and delete bodies of requests, where they are kept');
  bodies
    .command('size', { isDefault: true })
    .description('Show how many requests have bodies, and their size')
    .action(() =>
      callAndPrint(
        context(),
        'captures.size',
        undefined,
        ({ count, bytes }) =>
          `Requests with bodies: ${count}, ${bytes} bytes. \`corvusllm settings\` says which are kept.`,
      ),
    );
  bodies
    .command('show')
    .description('Show what the client of a request sent and got')
    .argument('<id>')
    .action((id: string) => showBodies(context(), id));
  bodies
    .command('rm')
    .description('Delete the bodies of a request; the request stays')
    .argument('<id>')
    .action((id: string) =>
      callAndPrint(
        context(),
        'captures.remove',
        { id: requestId(id) },
        () => 'No bodies of this request are kept now.',
      ),
    );
  bodies
    .command('clear')
    .description('Delete all bodies at once')
    .action(() => callAndPrint(context(), 'captures.clear', undefined, () => 'All bodies are deleted.'));
}

async function showBodies({ home, isJson, io }: CommandContext, id: string): Promise<void> {
  await withConnection(home, async (connection) => {
    const capture = await connection.call('captures.get', { id: requestId(id) });
    if (!capture) throw new CorvusError('not_found', 'The bodies of this request are not kept.');
    const { request, response } = capture;
    await printResult(
      io,
      isJson,
      capture,
      () => `${renderBody('Sent', request)}\n\n${renderBody('Received', response)}`,
    );
  });
}

function renderBody(what: string, { text, bytes, isCut }: Capture['request']): string {
  const heading = `${what}, ${bytes} bytes${isCut ? ' (only the beginning is kept)' : ''}`;
  // Lines stay lines: a stream's events are read one by one.
  const lines = (text ?? 'This is no text.').split('\n').map(plainText);
  return [heading, ...lines].join('\n');
}
