import { html } from 'hono/html';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { Operator } from '../../admin/operator-access.ts';
import type { HttpContext, OpenEndpoint } from '../endpoint.ts';
import { readSmallBody } from '../read-json-body.ts';
import type { Services } from '../services.ts';
import { frameResponse, type Html } from './frame.ts';

export interface Visit {
  context: HttpContext;
  services: Services;
  operator: Operator;
}

/** What a page shows. */
export interface View {
  title: string;
  body: Html;
}

/** A page for somebody who is logged in; anybody else is sent to the login, and finds nothing where there is no operator's side. */
export function operatorPage(path: string, show: (visit: Visit) => Promise<View> | View): OpenEndpoint {
  return { method: 'get', path, access: 'open', handle: (context, services) => visit(context, services, show) };
}

/** A form's change: it leads to another page, or shows what it brought. */
export function operatorForm(path: string, act: (visit: Visit & { form: Record<string, string> }) => Promise<View | string>): OpenEndpoint {
  return {
    method: 'post',
    path,
    access: 'open',
    handle: (context, services) =>
      visit(context, services, async (visitor) => {
        const form = Object.fromEntries(new URLSearchParams(await readSmallBody(context)));
        return act({ ...visitor, form });
      }),
  };
}

async function visit(
  context: HttpContext,
  services: Services,
  answer: (visit: Visit) => Promise<View | string> | View | string,
): Promise<Response> {
  if (!services.operators) throw new CorvusError('route_not_found');
  const { path } = context.req;
  let operator: Operator | null = null;
  try {
    operator = services.operators.identify(context.env.incoming);
    const view = await answer({ context, services, operator });
    if (typeof view === 'string') return context.redirect(view, 303);
    return await frameResponse({ ...view, path, operator: operator.name });
  } catch (thrown) {
    const error = toCorvusError(thrown);
    if (error.code === 'internal_error') throw error;
    if (!operator && error.code === 'invalid_api_key') return context.redirect('/admin/login', 303);
    const body = html`<h1>Not done</h1>
      <p class="note" role="alert">${error.message}</p>
      <p><a href="/admin">Back to the overview</a></p>`;
    return frameResponse({ title: 'Not done', body, path, operator: operator?.name ?? null, status: error.status });
  }
}
