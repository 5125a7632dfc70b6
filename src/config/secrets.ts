/**
 * Some secrets are sent in another shape than they are written in, or are only a part of what is written: the token within
 * a webhook's address, the percent-encoded key within a list of headers. An answer can repeat that part alone (I8).
 */

import { Secret } from '../domain/secret.ts';
import { ENVIRONMENT_VARIABLES } from './variables.ts';

/** A shorter part of a path or query is a name or a number, which would black out ordinary words. */
const SHORTEST_TOKEN = 8;

/**
 * Every secret among variables that nobody has checked yet: what cannot be used, such as a key with a line break in it, must
 * not be shown either.
 */
export function secretsAmong(variables: Readonly<Record<string, string | undefined>>): readonly Secret[] {
  return Object.entries(ENVIRONMENT_VARIABLES).flatMap(([name, { secret }]) => {
    const value = variables[name]?.trim() ?? '';
    const lines = value.split(/[\r\n]+/).map((line) => line.trim());
    const parts = secret ? [value, ...lines, ...partsOf(name, value)] : credentialsIn(value);
    return parts.filter((part) => part !== '').map((part) => new Secret(part));
  });
}

function partsOf(name: string, value: string): readonly string[] {
  if (name.endsWith('_URL')) return partsOfAddress(value);
  return name.endsWith('_HEADERS') ? partsOfHeaders(value) : [];
}

/** Of an address that is secret as a whole: all that follows the host, and each part of it that looks like a token. */
export function partsOfAddress(address: string): readonly string[] {
  const url = URL.parse(address);
  if (url === null) return [];
  const tokens = url.pathname.split('/').filter((part) => part.length >= SHORTEST_TOKEN && /\d/.test(part));
  return [`${url.pathname}${url.search}`, ...tokens.flatMap(bothWays), ...credentialsIn(address)];
}

/** Of an address that may hold a key: user, password, and what its query and fragment say. */
export function credentialsIn(address: string): readonly string[] {
  const url = URL.parse(address);
  if (url === null) return [];
  const values = [...url.search.slice(1).split('&'), url.hash.slice(1)].map((pair) =>
    pair.slice(pair.indexOf('=') + 1),
  );
  const tokens = values.filter((value) => value.length >= SHORTEST_TOKEN);
  return [url.username, url.password, ...tokens].filter((part) => part !== '').flatMap(bothWays);
}

/** Of `name=value,name=value`: each value as it is written, as it is sent, and without the word that says its kind (`Bearer`). */
export function partsOfHeaders(headers: string): readonly string[] {
  return headers.split(',').flatMap((pair) => {
    const ways = bothWays(pair.slice(pair.indexOf('=') + 1).trim());
    return ways.flatMap((way) => [way, way.replace(/^[A-Za-z]+ +/, '')]);
  });
}

function bothWays(text: string): readonly string[] {
  try {
    return [text, decodeURIComponent(text)];
  } catch {
    return [text];
  }
}
