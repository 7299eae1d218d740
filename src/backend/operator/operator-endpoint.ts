import { z } from 'zod';
import { checkContentType } from '#proxy/request/guard.ts';
import type { Operator } from '../auth/operator-access.ts';
import type { HttpContext, OperatorEndpoint } from '../http/endpoint.ts';
import { readJsonBody } from '../http/read-json-body.ts';
import { parseInput } from '../http/read-query.ts';
import type { Services } from '../http/services.ts';

interface Read<Input> {
  context: HttpContext;
  services: Services;
  query: Input;
}

interface Change<Input> {
  context: HttpContext;
  services: Services;
  operator: Operator;
  input: Input;
}

export function operatorRead<Input>(
  path: string,
  schema: z.ZodType<Input>,
  answer: (read: Read<Input>) => Promise<object> | object,
): OperatorEndpoint {
  return {
    method: 'get',
    path: `/admin/api/${path}`,
    access: 'operator',
    handle: async (context, services) => context.json(await answer({ context, services, query: parseInput(schema, context.req.query()) })),
  };
}

/** Takes JSON only: another site's form cannot send it, so its request is refused before the cookie is read. */
export function operatorChange<Input>(
  path: string,
  schema: z.ZodType<Input>,
  act: (change: Change<Input>) => Promise<object>,
): OperatorEndpoint {
  return {
    method: 'post',
    path: `/admin/api/${path}`,
    access: 'operator',
    async handle(context, services, operator) {
      checkContentType(context.env.incoming);
      return context.json(await act({ context, services, operator, input: parseInput(schema, await readJsonBody(context)) }));
    },
  };
}

export const list = (data: readonly object[]): object => ({ object: 'list', data });

export const pathId = (context: HttpContext): string => context.req.param('id') ?? '';

export const nothing = z.object({});
