import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Operator } from '../admin/operator-access.ts';
import type { Caller } from '../store/request-store.ts';
import type { Services } from './services.ts';

export type HttpContext = Context<{ Bindings: HttpBindings; Variables: { requestId: string } }>;

/** An endpoint anybody may call. */
export interface OpenEndpoint {
  method: 'get' | 'post' | 'put';
  path: string;
  access: 'open';
  handle(context: HttpContext, services: Services): Response | Promise<Response>;
}

/** An endpoint that acts for the account of the customer key it is called with. */
export interface KeyEndpoint {
  method: 'get' | 'post' | 'put' | 'delete';
  path: string;
  access: 'key';
  handle(context: HttpContext, services: Services, caller: Caller): Response | Promise<Response>;
}

/** An endpoint of the operator's side; where no operator token is set, it does not exist. */
export interface OperatorEndpoint {
  method: 'get' | 'post';
  path: string;
  access: 'operator';
  handle(context: HttpContext, services: Services, operator: Operator): Response | Promise<Response>;
}

export type HttpEndpoint = OpenEndpoint | KeyEndpoint | OperatorEndpoint;
