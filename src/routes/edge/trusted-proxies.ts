import { BlockList, isIPv6 } from 'node:net';
import { parseCidr } from '../../cidr.js';

/**
 * Tells the addresses of proxies whose `X-Forwarded-…` headers count. Anybody else could write what he likes into these headers.
 *
 * @param ranges addresses and CIDR ranges, checked before.
 */
export function trustedProxies(ranges: readonly string[]): (address: string | undefined) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const cidr = parseCidr(range);
    if (cidr !== null) list.addSubnet(cidr.address, cidr.prefix, cidr.family);
  }
  // The address of a link-local neighbour names the interface, too: fe80::1%eth0.
  return (given) => {
    const [address = ''] = given?.split('%', 1) ?? [];
    // An IPv4 address in IPv6's form is found by IPv4 ranges, too.
    return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  };
}
