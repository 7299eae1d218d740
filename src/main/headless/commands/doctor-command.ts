import type { Output } from '#shared/contract/contract.ts';
import { CorvusError } from '#shared/errors.ts';
import type { RequestId } from '#shared/ids.ts';
import { callAndPrint, callAndReturn, type CommandContext } from '../call-and-print.ts';
import { connectToRunning } from '../connection.ts';
import { facts, plainText, printResult } from '../output.ts';
import type { CommandLine } from '../program.ts';
import { requestId } from './request-commands.ts';
import { toolId } from './tool-commands.ts';

interface DoctorOptions {
  request?: string;
  tool?: string;
  try?: boolean;
  packet?: boolean;
  yes?: boolean;
}

export function addDoctorCommand({ program, context, onExitCode }: CommandLine): void {
  program
    .command('doctor')
    .description('Find out what is wrong; asks every provider, at most one token each (exit code 1: something is)')
    .option('--request <id>', 'Say why this request failed')
    .option('--tool <id>', 'Say why this tool does not work')
    .option('--try', 'With --request: send small requests of its kind, one feature at a time, for less than a cent')
    .option('-y, --yes', 'With --try: send them without asking')
    .option('--packet', 'With --request: print what support needs to know, without keys and prompts')
    .action(async (options: DoctorOptions) => onExitCode(await examine(context(), options)));
}

async function examine(context: CommandContext, options: DoctorOptions): Promise<number> {
  const id = options.request === undefined ? null : requestId(options.request);
  if (id === null && (options.try || options.packet)) {
    throw new CorvusError('bad_request', 'Name the request: --request ID. `corvusllm requests` lists them.');
  }
  if (id !== null && options.try) return tryRequest(context, id, options);
  if (id !== null && options.packet) {
    await callAndPrint(context, 'doctor.packet', { requestId: id }, renderPacket);
    return 0;
  }
  const input = { requestId: id, toolId: options.tool === undefined ? null : toolId(options.tool) };
  const { verdict } = await callAndReturn(context, 'doctor.run', input, renderDoctor);
  return verdict.diagnosis === 'healthy' ? 0 : 1;
}

/** Shows the cost first. With `--packet`, prints the packet too, which includes the results of the trial. */
async function tryRequest(
  { home, isJson, io }: CommandContext,
  id: RequestId,
  { yes, packet }: DoctorOptions,
): Promise<number> {
  const connection = await connectToRunning(home);
  if (!yes) {
    const { model, features, most } = await connection.call('doctor.trial-cost', { requestId: id });
    const price = most === null ? 'a price that is not known' : `at most ${most} USD`;
    const sentence = `This sends ${features.length} small requests to ${model}, for ${price}.`;
    if (!io.prompts) throw new CorvusError('bad_request', `${sentence} Add --yes to send them.`);
    if (!(await io.prompts.confirm(plainText(`${sentence} Send them?`)))) throw new CorvusError('cancelled');
  }
  const result = await connection.call('doctor.try', { requestId: id });
  const sent = packet ? await connection.call('doctor.packet', { requestId: id }) : null;
  const text = () => [renderTrials(result), ...(sent ? ['', renderPacket(sent)] : [])].join('\n');
  await printResult(io, isJson, sent ? { ...result, packet: sent } : result, text);
  return result.trials.some(({ outcome }) => outcome === 'fails') ? 1 : 0;
}

function renderTrials({ model, trials, balance, conclusion }: Output<'doctor.try'>): string {
  return facts([
    ['Model', model],
    ...trials.map(
      ({ feature, outcome, text }) => [feature === 'none' ? 'smallest' : feature, `${outcome}: ${text}`] as const,
    ),
    ...(balance ? [['Balance', `${balance.before} -> ${balance.after} USD`] as const] : []),
    ['So', conclusion],
  ]);
}

function renderPacket({ fields }: Output<'doctor.packet'>): string {
  return fields.map(({ name, value }) => plainText(`${name}: ${value}`)).join('\n');
}

function renderDoctor({ verdict, checks }: Output<'doctor.run'>): string {
  const { diagnosis, layer, sentence, proof, next } = verdict;
  const lines = checks.map(({ name, isWell, text }) => plainText(`${isWell ? 'ok    ' : 'failed'}  ${name}: ${text}`));
  const result = facts([
    ['Verdict', diagnosis],
    ...(layer === 'none' ? [] : [['Layer', layer] as const]),
    ['Why', sentence],
    ...proof.map((fact) => ['Seen', fact] as const),
    ...(next === null ? [] : [['Next', next.text] as const]),
  ]);
  return [...lines, ...(lines.length === 0 ? [] : ['']), result].join('\n');
}
