import { z } from 'zod';
import { type DocumentedOperation, operations } from './operations.ts';

const refusalSchema = z.object({ error: z.object({ code: z.string() }) });

/** Of the address that calls, before an endpoint is asked. */
const ofAnyCall = 'rate_limit_exceeded';

/** Throws where an endpoint of the account API gave a refusal that the document does not list for it. */
export async function refuseUndeclared(method: string, path: string, reply: Response): Promise<void> {
  const operation = operationOf(method, new URL(path, 'http://localhost').pathname);
  if (!operation) return;
  const parsed = refusalSchema.safeParse(JSON.parse((await reply.text()) || 'null'));
  if (!parsed.success) return;
  const { code } = parsed.data.error;
  const listed = operation.operation.responses[reply.status]?.description ?? '';
  if (listed.includes(`\`${code}\``) || code === ofAnyCall) return;
  throw new Error(`${operation.name} was refused with ${reply.status} ${code}, which the endpoint does not declare`);
}

/** One without parameters comes before those with. */
function operationOf(method: string, path: string): DocumentedOperation | null {
  const fits = operations.filter((operation) => operation.method === method && pattern(operation).test(path));
  return fits.toSorted((one, other) => one.path.split('{').length - other.path.split('{').length)[0] ?? null;
}

function pattern({ path }: DocumentedOperation): RegExp {
  const escaped = path.replaceAll('.', String.raw`\.`).replaceAll('{slug}', '.+');
  return new RegExp(`^${escaped.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}
