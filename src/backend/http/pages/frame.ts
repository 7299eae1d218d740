import { html, raw } from 'hono/html';
import { pagePolicy } from './page.ts';
import { frameStyle } from './style.ts';

/** A piece of a page; values in it are escaped. */
export type Html = ReturnType<typeof html>;

/** Pages under one name, with one navigation and one login. */
export interface Side {
  name: string;
  places: readonly (readonly [path: string, name: string])[];
  loginPath: string;
  logoutPath: string;
  /** Added to the common style. */
  style: string;
}

export interface Frame {
  title: string;
  /** Path of the page; its navigation item is marked. */
  path: string;
  /** The person logged in; null on the login page, which has no navigation. */
  who: Html | string | null;
  body: Html;
  status?: number;
}

/** A whole page of a site. */
export async function frameResponse(side: Side, { title, path, who, body, status }: Frame): Promise<Response> {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <title>${title} · Corvus ${side.name}</title>
        <style>
          ${raw(frameStyle + side.style)}
        </style>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
          <div>
            <p class="brand">Corvus <span>${side.name}</span></p>
            ${who === null ? '' : navigation(side, path, who)}
          </div>
        </header>
        <main id="main">${body}</main>
      </body>
    </html>`;
  return new Response(String(await page), {
    status: status ?? 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': pagePolicy,
      // Not `no-referrer`: a form's Origin would then be null, and the origin check needs it.
      'referrer-policy': 'same-origin',
      'cache-control': 'no-store',
    },
  });
}

function navigation({ name, places, logoutPath }: Side, path: string, who: Html | string): Html {
  // The first item is the root of all others.
  const isHere = (place: string): boolean => (place === places[0]?.[0] ? path === place : path.startsWith(place));
  const links = places.map(
    ([place, title]) =>
      html`<li><a href="${place}" ${isHere(place) ? raw('aria-current="page"') : ''}>${title}</a></li>`,
  );
  return html`<nav aria-label="${`${name.slice(0, 1).toUpperCase()}${name.slice(1)}`}">
      <ul>
        ${links}
      </ul>
    </nav>
    <form method="post" action="${logoutPath}">${who}<button class="plain">Log out</button></form>`;
}
