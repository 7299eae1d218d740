import { parseJson } from '#shared/dialects/json-value.ts';
import { type Routing, routingSchema } from '#shared/domain/routing.ts';
import { CorvusError } from '#shared/errors.ts';
import { type CommandIo, readInput } from './output.ts';

/** Plans and rules as JSON on standard input. Throws `bad_request` with the first fault. */
export async function readRouting(io: CommandIo): Promise<Routing> {
  const routing = routingSchema.safeParse(parseJson(await readInput(io)));
  if (routing.success) return routing.data;
  const [issue] = routing.error.issues;
  const place = issue?.path.map(String).join('.') || 'the JSON';
  throw new CorvusError('bad_request', `${place}: ${issue?.message ?? 'not valid'}.`);
}
