import { parseJson } from '#shared/dialects/json-value.ts';
import { type Routing, routingSchema } from '#shared/domain/routing.ts';
import { CorvusError } from '#shared/errors.ts';
import { firstFault, issueWords } from '#shared/issue-words.ts';
import { callAndPrint } from '../call-and-print.ts';
import { type CommandIo, counted, readInput } from '../output.ts';
import type { CommandLine } from '../program.ts';

/** `corvusllm plans …` */
export function addPlanCommands({ program, context }: CommandLine): void {
  const plans = program
    .command('plans')
    .description('Manage plans: names that tools request like a model, and the models that answer');
  plans
    .command('show', { isDefault: true })
    .description('Show all plans and rules, as JSON')
    .action(() => callAndPrint(context(), 'routing.get', undefined, (routing) => JSON.stringify(routing, null, 2)));
  plans
    .command('set')
    .description('Replace all plans and rules with the JSON on standard input')
    .action(async () => {
      await callAndPrint(
        context(),
        'routing.set',
        await readRouting(context().io),
        ({ plans: stored, rules }) => `${counted(stored.length, 'plan')}, ${counted(rules.length, 'rule')}.`,
      );
    });
}

/** Plans and rules as JSON on standard input. Throws `bad_request` with the first fault. */
async function readRouting(io: CommandIo): Promise<Routing> {
  const json = parseJson(await readInput(io));
  if (json === undefined) throw new CorvusError('bad_request', 'Standard input is no JSON.');
  const routing = routingSchema.safeParse(json, { error: issueWords });
  if (routing.success) return routing.data;
  const { field, words } = firstFault(routing.error);
  throw new CorvusError('bad_request', `${field || 'the JSON'}: ${words}.`);
}
