import { parseJson } from '#shared/dialects/json-value.ts';
import { type Routing, routingSchema } from '#shared/domain/routing.ts';
import { CorvusError } from '#shared/errors.ts';
import type { CommandIo } from './output.ts';

/** Plans and rules as JSON on standard input. Throws `bad_request` with the first fault. */
export async function readRouting({ stdin }: CommandIo): Promise<Routing> {
  let text = '';
  for await (const chunk of stdin) text += chunk.toString();
  const routing = routingSchema.safeParse(parseJson(text));
  if (routing.success) return routing.data;
  const [issue] = routing.error.issues;
  const place = issue?.path.map(String).join('.') || 'the JSON';
  throw new CorvusError('bad_request', `${place}: ${issue?.message ?? 'not valid'}.`);
}
