import type { CallName, Output } from '#shared/contract/contract.ts';
import { type RawInput, withConnection } from './connection.ts';
import { type CommandIo, printResult } from './output.ts';

/** What every command knows: its data folder and its output format. */
export interface CommandContext {
  home: string | undefined;
  isJson: boolean;
  io: CommandIo;
}

/** Makes one call of the app API and prints its output. */
export async function callAndPrint<K extends CallName>(
  context: CommandContext,
  name: K,
  input: RawInput<K>,
  render: (output: Output<K>) => string,
): Promise<void> {
  await callAndReturn(context, name, input, render);
}

/** The same for a command whose exit code depends on the output. */
export async function callAndReturn<K extends CallName>(
  context: CommandContext,
  name: K,
  input: RawInput<K>,
  render: (output: Output<K>) => string,
): Promise<Output<K>> {
  return withConnection(context.home, async (connection) => {
    const output = await connection.call(name, input);
    await printResult(context.io, context.isJson, output, () => render(output));
    return output;
  });
}
