// Names to addresses by DNS alone. Not the system's own look-up: that would also read /etc/hosts and append search domains, both of
// which name inner machines.
import { Resolver } from "node:dns/promises";
import { errorText } from "../core/errors.ts";

/** All addresses of a name, IPv4 first. Contract: rejects where there is none, and with the signal's reason. */
export type ResolveHost = (host: string, signal: AbortSignal) => Promise<readonly string[]>;

const TIMEOUT_MS = 3_000;
const TRIES_MAX = 2;
/** A name with more addresses than this is not used with the rest of them. */
const ADDRESSES_MAX = 32;

/** Asks the machine's name servers, or the given ones (`address:port`). */
export function dnsResolver(servers: readonly string[] | null): ResolveHost {
  return async (host, signal) => {
    signal.throwIfAborted();
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES_MAX });
    if (servers !== null) resolver.setServers(servers);
    const stop = () => resolver.cancel();
    signal.addEventListener("abort", stop, { once: true });
    try {
      const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
      signal.throwIfAborted();
      const addresses = [v4, v6].flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
      if (addresses.length > 0) return addresses.slice(0, ADDRESSES_MAX);
      throw new Error(v4.status === "rejected" ? errorText(v4.reason) : `no address of ${host}`);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  };
}
