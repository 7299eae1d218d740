import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { z } from 'zod';
import type { KeyScope } from '#shared/account/keys.ts';
import type { ErrorCode } from '#shared/errors.ts';
import type { Operator } from '../auth/operator-access.ts';
import type { KnownCaller } from '../auth/roles.ts';
import type { Services } from './services.ts';

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
export interface OpenEndpoint {
  method: 'get' | 'post' | 'put';
  path: string;
  access: 'open';
  /** Absent for pages and webhooks. */
  contract?: Contract;
  handle(context: HttpContext, services: Services): Response | Promise<Response>;
}

/** An endpoint that acts for the account of the customer key it is called with. */
export interface KeyEndpoint {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  path: string;
  access: 'key';
  /** What the key must be able to do. */
  scope: KeyScope;
  /** Made by `keyEndpoint`; a test checks that none lacks it. */
  contract?: Contract;
  handle(context: HttpContext, services: Services, caller: KnownCaller): Response | Promise<Response>;
}

/** An operator's endpoint; without an operator token it does not exist. */
export interface OperatorEndpoint {
  method: 'get' | 'post';
  path: string;
  access: 'operator';
  handle(context: HttpContext, services: Services, operator: Operator): Response | Promise<Response>;
}

export type HttpEndpoint = OpenEndpoint | KeyEndpoint | OperatorEndpoint;
