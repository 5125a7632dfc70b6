/**
 * Which addresses may be asked at all, and how an address appears in a message. Queries and credentials of a URL are
 * often keys themselves (signed links), so they never appear.
 */
import { addressKind, type AddressKind } from './public-address.ts';

const LONGEST_ADDRESS = 8_192;
const LONGEST_SHOWN = 300;

export type AddressVerdict =
  | { readonly ok: true; readonly url: URL; readonly allowed: readonly AddressKind[] }
  | { readonly ok: false; readonly reason: string };

/**
 * Judges the address of a download: https to the public internet; with `allowLoopback` also this machine, there also by
 * plain http. `allowed` says which kinds of address its name may resolve to. Odd notations of an IP (decimal, hex, short)
 * are already normalised by the URL parser.
 */
export function judgeAddress(text: string, base: URL | undefined, allowLoopback: boolean): AddressVerdict {
  const url = text.length > LONGEST_ADDRESS ? null : URL.parse(text, base?.href);
  if (url === null) return { ok: false, reason: 'is not a web address' };
  if (url.username !== '' || url.password !== '')
    return { ok: false, reason: 'holds a user name or password' };
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return { ok: false, reason: `uses ${url.protocol.slice(0, 20)} instead of https` };
  const kind = hostKind(url.hostname);
  if (kind === 'forbidden' || (kind === 'loopback' && !allowLoopback))
    return { ok: false, reason: 'does not lead to a public address' };
  if (url.protocol === 'http:' && kind !== 'loopback')
    return { ok: false, reason: 'is plain http, which anybody on the way could change' };
  if (url.protocol === 'http:') return { ok: true, url, allowed: ['loopback'] };
  return { ok: true, url, allowed: allowLoopback ? ['public', 'loopback'] : ['public'] };
}

function hostKind(hostname: string): AddressKind | 'name' {
  const bare = hostname.replace(/^\[|\]$/g, '');
  if (/^(?:.*\.)?localhost\.?$/.test(bare)) return 'loopback';
  const literal = bare.includes(':') || /^[\d.]+$/.test(bare);
  return literal ? addressKind(bare) : 'name';
}

/** True for an address on this machine itself, where plain http is no risk. */
export function isLoopback(url: URL): boolean {
  return hostKind(url.hostname) === 'loopback';
}

/** A name that somebody else gave, as one part of a path; null when no encoding makes it one. */
export function pathPart(name: string): string | null {
  return name === '' || name === '.' || name === '..' || !name.isWellFormed()
    ? null
    : encodeURIComponent(name);
}

/** Scheme, host and path of an address, at most 300 characters; for messages. */
export function shownAddress(text: string): string {
  const url = text.length > LONGEST_ADDRESS ? null : URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return `${text.slice(0, 12)}…`;
  return `${url.origin}${url.pathname}`.slice(0, LONGEST_SHOWN);
}
