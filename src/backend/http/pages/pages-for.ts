import { html } from 'hono/html';
import { errorHeaders } from '#shared/dialects/error-body.ts';
import { type CorvusError, toCorvusError } from '#shared/errors.ts';
import type { HttpContext, OpenEndpoint } from '../endpoint.ts';
import { readSmallBody } from '../read-json-body.ts';
import { frameResponse, type Html, type Side } from './frame.ts';

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

type PageRequest<Viewer, Deps> = Place<Deps> & Viewer;
type Answer<Viewer, Deps> = (
  servePage: PageRequest<Viewer, Deps>,
) => Promise<View | Response | string> | View | Response | string;

/** Makes pages and forms that need a login: the auth guard sends anyone else to the login page. */
export function pagesFor<Viewer extends object, GuardDeps>(door: AuthGuard<Viewer, GuardDeps>) {
  return {
    page: <Deps>(
      path: string,
      show: (servePage: PageRequest<Viewer, Deps>) => Promise<View | Response> | View | Response,
    ): OpenEndpoint<Deps & GuardDeps> => ({
      method: 'get',
      path,
      access: 'open',
      handle: (context, services) => servePage(door, { context, services }, path, show),
    }),
    /**
     * A form's change: it leads to another page, or shows its result.
     * @param backTo the page to return to when it is refused
     */
    form: <Deps>(
      path: string,
      backTo: string,
      act: (servePage: PageRequest<Viewer, Deps> & { form: Record<string, string> }) => Promise<View | string>,
    ): OpenEndpoint<Deps & GuardDeps> => ({
      method: 'post',
      path,
      access: 'open',
      handle: (context, services) =>
        servePage(door, { context, services }, backTo, async (viewer) => {
          const form = Object.fromEntries(new URLSearchParams(await readSmallBody(context)));
          return act({ ...viewer, form });
        }),
    }),
  };
}

async function servePage<Viewer extends object, Deps extends GuardDeps, GuardDeps>(
  door: AuthGuard<Viewer, GuardDeps>,
  place: Place<Deps>,
  backTo: string,
  answer: Answer<Viewer, Deps>,
): Promise<Response> {
  const { side, identify, nameOf } = door;
  const { context } = place;
  const { path } = context.req;
  let viewer: Viewer | null = null;
  try {
    viewer = await identify(place);
    const view = await answer({ ...place, ...viewer });
    if (view instanceof Response) return view;
    if (typeof view === 'string') return context.redirect(view, 303);
    const response = await frameResponse(sideFor(door, viewer), { ...view, path, who: nameOf(viewer) });
    if (view.cookie !== undefined) response.headers.set('set-cookie', view.cookie);
    return response;
  } catch (thrown) {
    const error = toCorvusError(thrown);
    // A site that does not exist has no pages either.
    if (error.code === 'internal_error' || error.code === 'route_not_found') throw error;
    if (!viewer && error.code === 'invalid_api_key') return context.redirect(side.loginPath, 303);
    const response = await refusal(
      viewer ? sideFor(door, viewer) : side,
      error,
      path,
      backTo,
      viewer && nameOf(viewer),
    );
    for (const [name, value] of Object.entries(errorHeaders(error, context.get('requestId'))))
      response.headers.set(name, value);
    return response;
  }
}

/** Items that a viewer may not open are not shown. */
function sideFor<Viewer extends object>(
  { side, isOpenTo }: Pick<AuthGuard<Viewer, never>, 'side' | 'isOpenTo'>,
  viewer: Viewer,
): Side {
  return isOpenTo ? { ...side, places: side.places.filter(([path]) => isOpenTo(viewer, path)) } : side;
}

function refusal(
  side: Side,
  error: CorvusError,
  path: string,
  backTo: string,
  who: Html | string | null,
): Promise<Response> {
  const [home = ['/', 'start']] = side.places;
  const [to, name] = side.places.findLast(([place]) => backTo.startsWith(place)) ?? home;
  const body = html`<h1>${error.status === 404 ? 'Not found' : 'Action failed'}</h1>
    <p class="note" role="alert">${error.message}</p>
    <p><a href="${to}">Back to ${name.toLowerCase()}</a></p>`;
  return frameResponse(side, { title: 'Action failed', body, path, who, status: error.status });
}
