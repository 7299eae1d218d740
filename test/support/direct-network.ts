import { createNetwork, type Network } from '#proxy/network/create-network.ts';

/** Connections that no variable of this machine changes. */
export function directNetwork(environment: Readonly<Record<string, string | undefined>> = {}): Network {
  return createNetwork({ environment, nowMs: Date.now });
}
