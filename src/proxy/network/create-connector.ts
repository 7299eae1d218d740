import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import type { buildConnector } from 'undici';
import createConnect from 'undici/lib/core/connect.js';
import { withoutBrackets } from '#shared/domain/network.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import type { Proxy } from './choose-proxy.ts';
import { describeCertificate, noteCertificate } from './connection-refusal.ts';
import { connectTimeoutMs, openTunnel, proxyRefusal } from './open-tunnel.ts';
import { isRefusedAddress, lookupAllowed } from './upstream-address.ts';

export interface ConnectorOptions {
  mayBePrivate: boolean;
  proxy: Proxy | null;
  /** The proxy opens a connection to the upstream. Otherwise it reads the request, and sends it on. */
  isTunnel: boolean;
  trust(): SecureContext;
}

/** The proxy that reads the requests itself; null: none, or one that opens a tunnel. */
export function plainProxyOf({ proxy, isTunnel }: Pick<ConnectorOptions, 'proxy' | 'isTunnel'>): Proxy | null {
  return isTunnel ? null : proxy;
}

/** Equal for two routes that can share their connections, as long as the trusted authorities stay the same. */
export function routeKey({ mayBePrivate, proxy, isTunnel }: ConnectorOptions): string {
  return JSON.stringify([mayBePrivate, proxy?.url.href ?? null, isTunnel]);
}

/** Opens sockets to upstreams, directly or through a proxy. */
export function createConnector({ mayBePrivate, proxy, isTunnel, trust }: ConnectorOptions): buildConnector.connector {
  const socketTo = (allowsPrivate: boolean) => openSocket(allowsPrivate, trust);
  const direct = socketTo(mayBePrivate);
  // A proxy is usually in the user's own network, and the user chose it, so private addresses are allowed.
  const toProxy = socketTo(true);
  return (options, callback) => {
    // The proxy resolves names, so only literal addresses can be checked here.
    if (isRefusedAddress(options.hostname, mayBePrivate))
      return callback(new CorvusError('upstream_address_refused'), null);
    if (proxy === null) return direct(options, callback);
    if (!isTunnel)
      return toProxy(addressOf(proxy), (...[error, socket]) =>
        error ? callback(proxyRefusal(proxy, error), null) : callback(null, socket),
      );
    const port = Number(options.port) || (options.protocol === 'https:' ? 443 : 80);
    const tunnel = openTunnel(proxy, { host: options.hostname, port }, trust);
    void useTunnel(tunnel, options, direct, callback);
  };
}

async function useTunnel(
  tunnel: Promise<Socket>,
  options: buildConnector.Options,
  overTls: buildConnector.connector,
  callback: buildConnector.Callback,
): Promise<void> {
  const opened = await tunnel.catch((error: unknown) => toCorvusError(error));
  if (opened instanceof Error) callback(opened, null);
  else if (options.protocol === 'https:') overTls({ ...options, httpSocket: opened }, callback);
  else callback(null, opened);
}

function openSocket(allowsPrivate: boolean, trust: () => SecureContext): buildConnector.connector {
  let connect: buildConnector.connector | null = null;
  return (options, callback) => {
    connect ??= createConnect({
      timeout: connectTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
      allowH2: false,
      // Whatever the environment says, a key is sent only to a server with a valid certificate.
      rejectUnauthorized: true,
      ...(options.protocol === 'https:' ? { secureContext: trust() } : {}),
      lookup: lookupAllowed(allowsPrivate),
    });
    const opened: unknown = connect(options, callback);
    if (opened instanceof TLSSocket) watchCertificate(opened);
  };
}

/** A certificate that is refused can be read only between the handshake and the refusal. */
function watchCertificate(socket: TLSSocket): void {
  let certificate: ReturnType<typeof describeCertificate> | null = null;
  socket.prependOnceListener('secure', () => {
    const peer = socket.getPeerCertificate();
    if (peer.subject !== undefined) certificate = describeCertificate(peer);
  });
  socket.prependListener('error', (error: Error) => {
    if (certificate) noteCertificate(error, certificate);
  });
}

function addressOf({ url }: Proxy): buildConnector.Options {
  return { hostname: withoutBrackets(url.hostname), host: url.host, protocol: url.protocol, port: url.port };
}
