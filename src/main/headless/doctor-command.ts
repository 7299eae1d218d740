import type { Command } from 'commander';
import type { Output } from '#shared/contract/contract.ts';
import { requestIdSchema } from '#shared/ids.ts';
import { CorvusError } from '#shared/errors.ts';
import { callAndReturn, type CommandContext } from './call-and-print.ts';
import { facts, plainText } from './output.ts';
import { toolId } from './tool-commands.ts';

export function addDoctorCommand(program: Command, context: () => CommandContext, onExitCode: (code: number) => void): void {
  program
    .command('doctor')
    .description('Find out what is wrong; asks every provider, at most one token each (exit code 1: something is)')
    .option('--request <id>', 'Say why this request failed')
    .option('--tool <id>', 'Say why this tool does not work')
    .action(async ({ request, tool }: { request?: string; tool?: string }) => {
      const parsed = request === undefined ? null : requestIdSchema.safeParse(request);
      if (parsed?.success === false) throw new CorvusError('bad_request', `"${request}" is not the id of a request.`);
      const input = { requestId: parsed?.data ?? null, toolId: tool === undefined ? null : toolId(tool) };
      const { verdict } = await callAndReturn(context(), 'doctor.run', input, renderDoctor);
      if (verdict.diagnosis !== 'healthy') onExitCode(1);
    });
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
