import { z } from 'zod';
import type { KeyScope } from '#shared/account/keys.ts';
import { requireRole, type KnownCaller, type NeededRole } from '../auth/roles.ts';
import type { Contract, HttpContext, KeyEndpoint, OpenEndpoint } from './endpoint.ts';
import { readJsonBody } from './read-json-body.ts';
import { parseInput } from './read-input.ts';
import { replyIfChanged } from './reply-if-changed.ts';

type Schema = z.ZodType;

/**
 * What a declared endpoint says of itself; absent members have the usual value.
 *
 *     export const getThing = keyEndpoint({ method: 'get', path: '/v1/thing', summary: 'One thing.', query, reply: thingSchema })
 *       .handle<ThingRouteDeps>(async ({ services, caller, query: { id } }) => readThing(services.db, caller.accountId, id));
 */
interface Declaration<
  Method,
  Query extends Schema = Schema,
  Body extends Schema = Schema,
  Reply extends Schema = Schema,
> {
  method: Method;
  path: string;
  /** Absent: Account. */
  tag?: Contract['tag'];
  summary: string;
  query?: Query;
  body?: Body;
  reply: Reply;
  /**
   * Absent: JSON. For a file, such as `text/csv`, `reply` is `z.string()` and the handler returns the whole response.
   */
  replyType?: string;
  /** Absent: 200. */
  status?: Contract['status'];
  errors?: Contract['errors'];
  isPolled?: boolean;
}

interface OpenCall<Deps, Query extends Schema, Body extends Schema> {
  context: HttpContext;
  services: Deps;
  /** Parsed by the declared schemas; without a schema the type is `unknown`, so that nothing can be read. */
  query: z.output<Query>;
  body: z.output<Body>;
}

interface KeyCall<Deps, Query extends Schema, Body extends Schema> extends OpenCall<Deps, Query, Body> {
  caller: KnownCaller;
}

/** What a handler returns: the reply by its schema or, where that is not JSON, the whole response. */
type Answer<Reply extends Schema> = z.input<Reply> | Response | Promise<z.input<Reply> | Response>;

/**
 * An endpoint of the account API: acts for the account of the customer key it is called with. Unless `scope` is
 * `inference`, the key must be one that manages; where `needs` names a role, it must have that or a higher one.
 */
export function keyEndpoint<Query extends Schema, Body extends Schema, Reply extends Schema>(
  declaration: Declaration<KeyEndpoint<never>['method'], Query, Body, Reply> & { scope?: KeyScope; needs?: NeededRole },
): { handle<Deps>(answer: (call: KeyCall<Deps, Query, Body>) => Answer<Reply>): KeyEndpoint<Deps> } {
  const { method, path, scope = 'manage', needs, errors = [] } = declaration;
  const ofScope = scope === 'manage' ? (['key_may_not_manage'] as const) : [];
  const ofRole = needs ? (['role_not_allowed'] as const) : [];
  const contract = contractOf({ ...declaration, errors: [...errors, ...ofScope, ...ofRole] });
  return {
    handle: (answer) => ({
      method,
      path,
      access: 'key',
      scope,
      contract,
      async handle(context, services, caller) {
        if (needs) requireRole(caller, needs);
        const input = await readInput(declaration, context);
        return reply(context, contract, await answer({ context, services, caller, ...input }));
      },
    }),
  };
}

/** The same for an endpoint without a key. */
export function openEndpoint<Query extends Schema, Body extends Schema, Reply extends Schema>(
  declaration: Declaration<OpenEndpoint<never>['method'], Query, Body, Reply>,
): { handle<Deps>(answer: (call: OpenCall<Deps, Query, Body>) => Answer<Reply>): OpenEndpoint<Deps> } {
  const { method, path } = declaration;
  const contract = contractOf(declaration);
  return {
    handle: (answer) => ({
      method,
      path,
      access: 'open',
      contract,
      async handle(context, services) {
        const input = await readInput(declaration, context);
        return reply(context, contract, await answer({ context, services, ...input }));
      },
    }),
  };
}

function contractOf(declaration: Declaration<string>): Contract {
  const { tag = 'Account', summary, query = null, body = null, reply: replySchema, errors = [] } = declaration;
  const { replyType = 'application/json', status = 200, isPolled = false } = declaration;
  return { tag, summary, query, body, reply: replySchema, replyType, status, errors, isPolled };
}

async function readInput<Query extends Schema, Body extends Schema>(
  { query, body }: { query?: Query; body?: Body },
  context: HttpContext,
): Promise<{ query: z.output<Query>; body: z.output<Body> }> {
  return {
    query: parseInput(query ?? z.unknown(), context.req.query()) as z.output<Query>,
    body: (body ? parseInput(body, await readJsonBody(context)) : undefined) as z.output<Body>,
  };
}

function reply(context: HttpContext, { status, isPolled }: Contract, answer: unknown): Response {
  if (answer instanceof Response) return answer;
  if (isPolled) return replyIfChanged(context, answer);
  return new Response(JSON.stringify(answer), { status, headers: { 'content-type': 'application/json' } });
}
