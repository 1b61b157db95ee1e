// Which addresses of a host are tried, and in which order: the families take turns, so that a network with one of them alone gets there.
import { isIPv6 } from "node:net";

/** Addresses of one host that are tried in turn when one does not accept a connection. */
const ADDRESSES_TRIED_MAX = 4;

/** At most four: the first of the one family, the first of the other, and again; IPv4 begins. */
export function tryOrder(addresses: readonly string[]): readonly string[] {
  const v6 = addresses.filter(isIPv6);
  const v4 = addresses.filter((address) => !isIPv6(address));
  const turns = Array.from({ length: ADDRESSES_TRIED_MAX }, (_, index) => [v4[index], v6[index]]);
  return turns
    .flat()
    .filter((address) => address !== undefined)
    .slice(0, ADDRESSES_TRIED_MAX);
}
