import type { Dispatcher } from 'undici';
import DecoratorHandler from 'undici/lib/handler/decorator-handler.js';
import type { Proxy } from './choose-proxy.ts';
import { loginRequired, proxyLogin } from './open-tunnel.ts';

/** What `throughPlainProxy` does to a call, for what `fetch` asks. */
export function askPlainProxy(proxy: Proxy): Dispatcher.DispatcherComposeInterceptor {
  const login = proxyLogin(proxy);
  return (dispatch) => (options, handler) => {
    const path = `${String(options.origin)}${options.path}`;
    const refusing = new LoginWatch(handler, proxy);
    if (login === null) return dispatch({ ...options, path }, refusing);
    const headers = withHeader(options.headers, 'proxy-authorization', login);
    return dispatch({ ...options, path, headers }, refusing);
  };
}

type SentHeaders = NonNullable<Dispatcher.DispatchOptions['headers']>;

function withHeader(headers: SentHeaders | null | undefined, name: string, value: string): SentHeaders {
  if (headers === null || headers === undefined) return { [name]: value };
  if (Array.isArray(headers)) return [...headers, name, value];
  return Symbol.iterator in headers ? [...headers, [name, value] as const] : { ...headers, [name]: value };
}

class LoginWatch extends DecoratorHandler {
  readonly #handler: Dispatcher.DispatchHandler;
  readonly #proxy: Proxy;

  constructor(handler: Dispatcher.DispatchHandler, proxy: Proxy) {
    super(handler);
    this.#handler = handler;
    this.#proxy = proxy;
  }

  onResponseStart: NonNullable<Dispatcher.DispatchHandler['onResponseStart']> = (controller, status, headers, text) => {
    if (status === 407) controller.abort(loginRequired(this.#proxy));
    else this.#handler.onResponseStart?.(controller, status, headers, text);
  };
}
