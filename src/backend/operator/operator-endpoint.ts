import { z } from 'zod';
import { checkContentType } from '#proxy/request/guard.ts';
import type { Operator } from '../auth/operator-access.ts';
import type { HttpContext, OperatorEndpoint } from '../http/endpoint.ts';
import { readJsonBody } from '../http/read-json-body.ts';
import { parseInput } from '../http/read-input.ts';

interface Read<Deps, Input> {
  context: HttpContext;
  services: Deps;
  query: Input;
}

interface Change<Deps, Input> {
  context: HttpContext;
  services: Deps;
  operator: Operator;
  input: Input;
}

export function operatorRead<Deps, Input>(
  path: string,
  schema: z.ZodType<Input>,
  answer: (read: Read<Deps, Input>) => Promise<object> | object,
): OperatorEndpoint<Deps> {
  return {
    method: 'get',
    path: `/admin/api/${path}`,
    access: 'operator',
    handle: async (context, services) =>
      context.json(await answer({ context, services, query: parseInput(schema, context.req.query()) })),
  };
}

/** Takes JSON only: another site's form cannot send it, so its request is refused before the cookie is read. */
export function operatorChange<Deps, Input>(
  path: string,
  schema: z.ZodType<Input>,
  act: (change: Change<Deps, Input>) => Promise<object>,
): OperatorEndpoint<Deps> {
  return {
    method: 'post',
    path: `/admin/api/${path}`,
    access: 'operator',
    async handle(context, services, operator) {
      checkContentType(context.env.incoming);
      return context.json(
        await act({ context, services, operator, input: parseInput(schema, await readJsonBody(context)) }),
      );
    },
  };
}

export const list = (data: readonly object[]): object => ({ object: 'list', data });

export const nothing = z.object({});
