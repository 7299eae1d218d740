import { html } from 'hono/html';
import { errorHeaders } from '#shared/dialects/error-body.ts';
import { type CorvusError, toCorvusError } from '#shared/errors.ts';
import type { HttpContext, OpenEndpoint } from '../endpoint.ts';
import { readSmallBody } from '../read-json-body.ts';
import { type RefusedForm, saysRefusal } from './form.ts';
import { frameResponse, type Html, type Side } from './frame.ts';
import { loginAddress } from './return-path.ts';

/** What a page shows. */
export interface View {
  title: string;
  body: Html;
  /** Replaces the session's cookie. */
  cookie?: string;
}

interface Place<Deps> {
  context: HttpContext;
  services: Deps;
}

export interface AuthGuard<Viewer extends object, GuardDeps> {
  side: Side;
  /** The viewer of a request. Throws `invalid_api_key`, and `origin_not_allowed` for another site's form. */
  readonly identify: (place: Place<GuardDeps>) => Promise<Viewer> | Viewer;
  /** Shown beside the logout button. */
  nameOf(viewer: Viewer): Html | string;
  /** Whether a viewer may open a navigation item; absent: all. */
  isOpenTo?(viewer: Viewer, path: string): boolean;
}

/** `refused`: a form of this page that was just refused; `formPart` shows it again. */
type PageRequest<Viewer, Deps> = Place<Deps> & Viewer & { refused: RefusedForm | null };
type Show<Viewer, Deps> = (request: PageRequest<Viewer, Deps>) => Promise<View | Response> | View | Response;
type Act<Viewer, Deps> = (request: Place<Deps> & Viewer & { form: Record<string, string> }) => Promise<View | string>;

/** A page, and how to show it again when a form of it is refused. */
export interface Page<Viewer, Deps, GuardDeps> extends OpenEndpoint<Deps & GuardDeps> {
  readonly show: Show<Viewer, Deps>;
}

/** Makes pages and forms that need a login: the auth guard sends anyone else to the login page. */
export function pagesFor<Viewer extends object, GuardDeps>(guard: AuthGuard<Viewer, GuardDeps>) {
  return {
    page: <Deps>(path: string, show: Show<Viewer, Deps>): Page<Viewer, Deps, GuardDeps> => ({
      method: 'get',
      path,
      access: 'open',
      show,
      handle: (context, services) =>
        serve(guard, { context, services }, path, async (viewer) => ({
          view: await show({ context, services, ...viewer, refused: null }),
        })),
    }),
    /**
     * A form's change: it leads to another page, or shows its result.
     * @param page that has the form; it is shown again when the form is refused. The form's path has its parameters
     */
    form: <Deps>(
      path: string,
      page: Page<Viewer, Deps, GuardDeps>,
      act: Act<Viewer, Deps>,
    ): OpenEndpoint<Deps & GuardDeps> => ({
      method: 'post',
      path,
      access: 'open',
      handle: (context, services) =>
        serve(guard, { context, services }, page.path, async (viewer) => {
          const form = Object.fromEntries(new URLSearchParams(await readSmallBody(context)));
          try {
            return { view: await act({ context, services, ...viewer, form }) };
          } catch (thrown) {
            const refused = { action: context.req.path, typed: form, error: toCorvusError(thrown) };
            return showAgain(page.show, { context, services, ...viewer, refused });
          }
        }),
    }),
  };
}

interface Answer {
  view: View | Response | string;
  /** Why the form was refused that the page shows again. */
  refusal?: CorvusError;
}

/** Throws the refusal where the page does not show the form any more. */
async function showAgain<Viewer, Deps>(
  show: Show<Viewer, Deps>,
  request: PageRequest<Viewer, Deps> & { refused: RefusedForm },
): Promise<Answer> {
  const { refused } = request;
  if (refused.error.code === 'internal_error') throw refused.error;
  const view = await Promise.resolve(show(request)).catch(() => null);
  if (view === null || view instanceof Response || !(await saysRefusal(view.body))) throw refused.error;
  return { view: { ...view, title: `Error: ${view.title}` }, refusal: refused.error };
}

/** @param pagePath the page that is asked for, or whose form is sent */
async function serve<Viewer extends object, Deps extends GuardDeps, GuardDeps>(
  guard: AuthGuard<Viewer, GuardDeps>,
  place: Place<Deps>,
  pagePath: string,
  answer: (viewer: Viewer) => Promise<Answer>,
): Promise<Response> {
  const { side, identify, nameOf } = guard;
  const { context } = place;
  const { path } = context.req;
  let viewer: Viewer | null = null;
  try {
    viewer = await identify(place);
    const { view, refusal } = await answer(viewer);
    if (view instanceof Response) return view;
    if (typeof view === 'string') return context.redirect(view, 303);
    const status = refusal?.status ?? 200;
    const response = await frameResponse(sideFor(guard, viewer), { ...view, path, who: nameOf(viewer), status });
    if (view.cookie !== undefined) response.headers.set('set-cookie', view.cookie);
    return refusal ? withErrorHeaders(response, refusal, context) : response;
  } catch (thrown) {
    const error = toCorvusError(thrown);
    // A site that does not exist has no pages either.
    if (error.code === 'internal_error' || error.code === 'route_not_found') throw error;
    if (!viewer && error.code === 'invalid_api_key')
      return context.redirect(loginAddress(side.loginPath, context, pagePath), 303);
    const shown = viewer ? sideFor(guard, viewer) : side;
    return withErrorHeaders(await refusalPage(shown, error, path, viewer && nameOf(viewer)), error, context);
  }
}

function withErrorHeaders(response: Response, error: CorvusError, context: HttpContext): Response {
  for (const [name, value] of Object.entries(errorHeaders(error, context.get('requestId'))))
    response.headers.set(name, value);
  return response;
}

/** Items that a viewer may not open are not shown. */
function sideFor<Viewer extends object>(
  { side, isOpenTo }: Pick<AuthGuard<Viewer, never>, 'side' | 'isOpenTo'>,
  viewer: Viewer,
): Side {
  return isOpenTo ? { ...side, places: side.places.filter(([path]) => isOpenTo(viewer, path)) } : side;
}

function refusalPage(side: Side, error: CorvusError, path: string, who: Html | string | null): Promise<Response> {
  const [home = ['/', 'start']] = side.places;
  const [to, name] = side.places.findLast(([place]) => path.startsWith(place)) ?? home;
  const title = error.status === 404 ? 'Not found' : 'Action failed';
  const body = html`<h1>${title}</h1>
    <p class="note" role="alert">${error.message}</p>
    <p><a href="${to}">Back to ${name.toLowerCase()}</a></p>`;
  return frameResponse(side, { title, body, path, who, status: error.status });
}
