import type { HttpContext } from './endpoint.ts';

/** The `:id` of a path; empty where there is none, which names nothing. */
export const pathId = (context: HttpContext): string => context.req.param('id') ?? '';
