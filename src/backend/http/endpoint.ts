import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { z } from 'zod';
import type { KeyScope } from '#shared/account/keys.ts';
import type { ErrorCode } from '#shared/errors.ts';
import type { Operator } from '../auth/operator-access.ts';
import type { KnownCaller } from '../auth/roles.ts';

export type HttpContext = Context<{ Bindings: HttpBindings; Variables: { requestId: string } }>;

/** What an endpoint promises to programs: the OpenAPI document is written from it, and the server enforces it. */
export interface Contract {
  tag: 'Account' | 'Models' | 'Compatibility' | 'Service';
  /** One sentence in plain words. */
  summary: string;
  /** null: it takes none. */
  query: z.ZodType | null;
  body: z.ZodType | null;
  reply: z.ZodType;
  /** The reply's content type; for `text/event-stream`, `reply` is the data of one event. */
  replyType: string;
  status: 200 | 201 | 202;
  /** Its refusals beyond those that follow from a key, a query or a body. */
  errors: readonly ErrorCode[];
  /** Clients poll it: an unchanged reply is a 304 for a client that sends its ETag back. */
  isPolled: boolean;
}

/** An endpoint without a caller. */
export interface OpenEndpoint<Deps> {
  method: 'get' | 'post' | 'put';
  path: string;
  access: 'open';
  /** Absent for pages and webhooks. */
  contract?: Contract;
  readonly handle: (context: HttpContext, services: Deps) => Response | Promise<Response>;
}

/** An endpoint that acts for the account of the customer key it is called with. */
export interface KeyEndpoint<Deps> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  path: string;
  access: 'key';
  /** What the key must be able to do. */
  scope: KeyScope;
  /** Made by `keyEndpoint`; a test checks that none lacks it. */
  contract?: Contract;
  readonly handle: (context: HttpContext, services: Deps, caller: KnownCaller) => Response | Promise<Response>;
}

/** An operator's endpoint; without an operator token it does not exist. */
export interface OperatorEndpoint<Deps> {
  method: 'get' | 'post';
  path: string;
  access: 'operator';
  readonly handle: (context: HttpContext, services: Deps, operator: Operator) => Response | Promise<Response>;
}

export type HttpEndpoint<Deps> = OpenEndpoint<Deps> | KeyEndpoint<Deps> | OperatorEndpoint<Deps>;

/** The endpoint with what it works with, so that the server need not know that. */
export function withDeps<Deps>(endpoint: HttpEndpoint<Deps>, deps: Deps): HttpEndpoint<void> {
  switch (endpoint.access) {
    case 'open':
      return { ...endpoint, handle: (context) => endpoint.handle(context, deps) } satisfies OpenEndpoint<void>;
    case 'key':
      return {
        ...endpoint,
        handle: (context, _, caller) => endpoint.handle(context, deps, caller),
      } satisfies KeyEndpoint<void>;
    case 'operator':
      return {
        ...endpoint,
        handle: (context, _, operator) => endpoint.handle(context, deps, operator),
      } satisfies OperatorEndpoint<void>;
  }
}
