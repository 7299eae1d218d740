/** The colours of all pages, light and dark by the browser's setting. */
export const palette = `:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#14171c;--quiet:#5b6472;--line:#dfe3e9;--accent:#3b4fe4;--on-accent:#fff;--good:#13795b;--bad:#b42318;--note:#fff6dd;--note-ink:#6b4a00}
@media (prefers-color-scheme:dark){:root{--page:#0e1116;--card:#171b22;--ink:#eef1f5;--quiet:#9aa4b2;--line:#2a303a;--accent:#8c9aff;--on-accent:#0e1116;--good:#5fd3a8;--bad:#ffa198;--note:#2d2610;--note-ink:#f3d58a}}`;

/** The service's few pages for people: one frame, no script. */
const style = `${palette}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:24px;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{width:100%;max-width:420px;overflow-wrap:break-word;background:var(--card);border:1px solid var(--line);border-radius:16px;padding:32px;box-shadow:0 12px 40px rgb(0 0 0/.08)}
.brand{font-weight:650;letter-spacing:-.01em;color:var(--quiet);margin:0 0 20px}
h1{font-size:22px;letter-spacing:-.02em;margin:0 0 4px}
p{margin:0 0 16px;color:var(--quiet)}
a{color:var(--accent)}
.amount{font-size:44px;font-weight:680;letter-spacing:-.03em;color:var(--ink);font-variant-numeric:tabular-nums;margin:12px 0 4px}
.note{background:var(--note);color:var(--note-ink);border-radius:10px;padding:10px 14px;font-size:14px}
dl{display:grid;grid-template-columns:auto 1fr;gap:6px 16px;margin:20px 0;font-size:14px}
dt{color:var(--quiet)}dd{margin:0;text-align:right;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
label{display:block;font-size:14px;color:var(--quiet);margin:0 0 14px}
input{display:block;width:100%;margin-top:4px;padding:11px 12px;font:inherit;color:var(--ink);background:var(--page);border:1px solid #7d8796;border-radius:10px}
.wrong label{margin:0 0 7px}.wrong p{margin:0 0 14px;color:var(--bad);font-size:14px;font-weight:550}
.wrong input{border-color:var(--bad);box-shadow:inset 0 0 0 1px var(--bad)}
button,.button{display:block;width:100%;text-align:center;text-decoration:none;padding:14px;border:0;border-radius:12px;background:var(--accent);color:var(--on-accent);font:inherit;font-weight:650;cursor:pointer}
button:hover,.button:hover{filter:brightness(1.07)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.good{color:var(--good);font-weight:650}
.warn{color:var(--note-ink);font-weight:650}
.bad{color:var(--bad);font-weight:650}
.rows{gap:0;border-top:1px solid var(--line);margin-bottom:0;font-size:16px}
.rows dt,.rows dd{padding:10px 0;border-bottom:1px solid var(--line)}
.rows dt{color:var(--ink)}
.secret{user-select:all;-webkit-user-select:all;font:14px/1.5 ui-monospace,SFMono-Regular,Menlo,monospace;color:var(--ink);white-space:pre-wrap;overflow-wrap:anywhere;background:var(--page);border:1px solid var(--line);border-radius:10px;padding:12px 14px;margin:8px 0 16px}
h2{font-size:15px;margin:20px 0 0}
.after{margin:16px 0 0;font-size:14px}
`;

/** Nothing is loaded, nothing runs, forms go to this service only. */
export const pagePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Text that is safe between tags and in quoted attributes. */
function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** A whole page. `body` is HTML: callers escape what comes from outside. */
export function pageResponse(title: string, body: string, status = 200): Response {
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(title)} · Corvus</title><style>${style}</style></head><body><main><p class="brand">Corvus</p>${body}</main></body></html>`;
  return new Response(html, {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': pagePolicy,
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    },
  });
}
