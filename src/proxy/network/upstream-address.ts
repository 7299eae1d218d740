import { lookup as lookupName, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { withoutBrackets } from '#shared/domain/network.ts';
import { CorvusError } from '#shared/errors.ts';

/** No model is served there: link-local devices, a cloud's metadata service, the unspecified address, broadcast. */
const neverAnUpstream = new BlockList();
neverAnUpstream.addSubnet('169.254.0.0', 16, 'ipv4');
neverAnUpstream.addSubnet('0.0.0.0', 8, 'ipv4');
neverAnUpstream.addSubnet('224.0.0.0', 3, 'ipv4');
// Where other clouds than those of 169.254.169.254 have their metadata: Alibaba's, Azure's, Amazon's, Google's.
neverAnUpstream.addAddress('100.100.100.200', 'ipv4');
neverAnUpstream.addAddress('168.63.129.16', 'ipv4');
neverAnUpstream.addAddress('::', 'ipv6');
neverAnUpstream.addSubnet('fe80::', 10, 'ipv6');
neverAnUpstream.addSubnet('ff00::', 8, 'ipv6');
neverAnUpstream.addAddress('fd00:ec2::254', 'ipv6');
neverAnUpstream.addAddress('fd20:ce::254', 'ipv6');

/** This machine and private networks: valid for a local provider, a danger (SSRF) for any other. */
const privateNetworks = new BlockList();
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['192.0.0.0', 24],
  ['198.18.0.0', 15],
] as const) {
  privateNetworks.addSubnet(network, bits, 'ipv4');
}
privateNetworks.addAddress('::1', 'ipv6');
privateNetworks.addSubnet('fc00::', 7, 'ipv6');
privateNetworks.addSubnet('64:ff9b::', 96, 'ipv6');

/** Whether this host is an address that must not be connected to. A name is checked when it is resolved, not here. */
export function isRefusedAddress(host: string, mayBePrivate: boolean): boolean {
  const address = withoutBrackets(host);
  const version = isIP(address);
  if (version === 0) return false;
  const family = version === 6 ? 'ipv6' : 'ipv4';
  return neverAnUpstream.check(address, family) || (!mayBePrivate && privateNetworks.check(address, family));
}

/**
 * Resolves names for a connection and refuses at that moment, so that a name cannot resolve differently after a check.
 */
export function lookupAllowed(mayBePrivate: boolean): LookupFunction {
  return (hostname: string, options: LookupOptions, callback: Parameters<LookupFunction>[2]) => {
    lookupName(
      hostname,
      { ...options, all: true },
      (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => {
        if (error) return callback(error, '', 4);
        const allowed = addresses.filter(({ address }) => !isRefusedAddress(address, mayBePrivate));
        const [first] = allowed;
        if (!first) return callback(new CorvusError('upstream_address_refused'), '', 4);
        if (options.all) callback(null, allowed);
        else callback(null, first.address, first.family);
      },
    );
  };
}
