import type { WireRequest } from '../http1/request-head.ts';
import type { Proxy } from './choose-proxy.ts';
import { proxyLogin } from './open-tunnel.ts';

/** A plain request through a proxy names the whole address, and logs in with every request. */
export function throughPlainProxy(request: WireRequest & { origin: string }, proxy: Proxy): WireRequest {
  const login = proxyLogin(proxy);
  return {
    ...request,
    path: `${request.origin}${request.path}`,
    headers: { ...request.headers, ...(login === null ? {} : { 'proxy-authorization': login }) },
  };
}
