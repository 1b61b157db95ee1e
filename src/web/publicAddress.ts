// Which IP addresses are somebody's public server. All else is refused: this machine, private and shared networks, link-local (with the
// metadata services of clouds), multicast, and every form that carries an IPv4 address inside an IPv6 one.
import { BlockList, isIP } from "node:net";

/** IPv4 blocks of the IANA Special-Purpose Address Registry that are not globally reachable, and what is global by number only. */
const CLOSED_V4: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8], // this network
  ["10.0.0.0", 8], // private
  ["100.64.0.0", 10], // shared with the provider's own network (carrier-grade NAT); metadata of one cloud
  ["127.0.0.0", 8], // loopback
  ["169.254.0.0", 16], // link-local: metadata of most clouds
  ["172.16.0.0", 12], // private
  ["192.0.0.0", 24], // protocol assignments; metadata of one cloud
  ["192.0.2.0", 24], // documentation
  ["192.31.196.0", 24], // AS112
  ["192.52.193.0", 24], // multicast tunnels
  ["192.88.99.0", 24], // 6to4 relays
  ["192.168.0.0", 16], // private
  ["192.175.48.0", 24], // AS112
  ["198.18.0.0", 15], // benchmarks of network gear
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, and broadcast
  ["168.63.129.16", 32], // a public number that one cloud gives to its host's own service
];

/** Of IPv6 only what is allocated as global unicast is open; the mapped, translated and site-local forms lie outside it. */
const OPEN_V6: readonly [string, number] = ["2000::", 3];
const CLOSED_V6: readonly (readonly [string, number])[] = [
  ["2001::", 23], // protocol assignments: Teredo, benchmarks, ORCHID
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4: an IPv4 address inside
  ["2620:4f:8000::", 48], // AS112
  ["3fff::", 20], // documentation
];

const closed = new BlockList();
for (const [network, prefix] of CLOSED_V4) closed.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of CLOSED_V6) closed.addSubnet(network, prefix, "ipv6");
const openV6 = new BlockList();
openV6.addSubnet(...OPEN_V6, "ipv6");

/** True for an address, in its plain textual form, that may be connected to. Anything else than an address is not public. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !closed.check(address, "ipv4");
    case 6:
      // A zone (`%eth0`) names a network of this machine.
      return !address.includes("%") && openV6.check(address, "ipv6") && !closed.check(address, "ipv6");
    default:
      return false;
  }
}
