/**
 * An address out of a provider's answer is hostile: it must not reach the machine's own network, a router, or a cloud's
 * metadata service. What counts as public is decided here, on the address that is really connected to.
 */
import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Thrown into a connection attempt whose name resolved to an address that must not be reached. */
export class ForbiddenAddressError extends Error {
  override readonly name = 'ForbiddenAddressError';
  readonly code = 'FORBIDDEN_ADDRESS';
}

/** Resolves a host name to all its addresses. */
export type ResolveAll = (
  hostname: string,
  done: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

const resolveWithSystem: ResolveAll = (hostname, done) =>
  systemLookup(hostname, { all: true, verbatim: true }, done);

/** The platform service of Azure: the one such address that lies in public space. */
const AZURE_PLATFORM = '168.63.129.16';
/** All public IPv6 space in use (IANA, 2000::/3); it leaves out the embedded forms of IPv4 below it. */
const GLOBAL_IPV6: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

export type AddressKind = 'public' | 'loopback' | 'forbidden';

/** Kind of a literal IP address, in any notation; what cannot be read is forbidden. IPv4 inside IPv6 is judged as IPv4. */
export function addressKind(address: string): AddressKind {
  if (!ipaddr.isValid(address)) return 'forbidden';
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  if (range === 'loopback') return 'loopback';
  if (range !== 'unicast' || parsed.toString() === AZURE_PLATFORM) return 'forbidden';
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(GLOBAL_IPV6)) return 'forbidden';
  return 'public';
}

/**
 * A lookup for one connection. It fails when any address of the name is not of a kind in `allowed`, and hands the very
 * addresses that it checked to the socket, so that a second DNS answer cannot slip in another.
 */
export function guardedLookup(
  allowed: readonly AddressKind[],
  resolveAll: ResolveAll = resolveWithSystem,
): LookupFunction {
  return (hostname, options, done) => {
    resolveAll(hostname, (error, addresses) => {
      if (error !== null) {
        done(error, []);
        return;
      }
      const family = typeof options.family === 'number' ? options.family : 0;
      const usable = addresses.filter((entry) => family === 0 || entry.family === family);
      const forbidden = addresses.find((entry) => !allowed.includes(addressKind(entry.address)));
      const [first] = usable;
      if (forbidden !== undefined)
        done(
          new ForbiddenAddressError(`${hostname} resolves to ${forbidden.address}, which is not public`),
          [],
        );
      else if (first === undefined) done(noAddress(hostname), []);
      else if (options.all === true) done(null, [...usable]);
      else done(null, first.address, first.family);
    });
  };
}

function noAddress(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' });
}
