/**
 * Which keys an object may have, and in which order they are listed: the same for every store, so that a channel can
 * move from a folder to a bucket and back, and no key can lead out of a folder.
 */

/** Bytes of UTF-8. S3 takes 1,024; a prefix of the bucket must fit in as well. */
const LONGEST = 900;
/** Bytes of UTF-8: the longest name that the usual file systems take. */
const LONGEST_PART = 255;
const HIGH_SURROGATE = /[\ud800-\udbff]/;

/** What is wrong with a key, to follow "The key"; `null` when nothing is. */
export function keyProblem(key: string): string | null {
  if (key === '') return 'is empty';
  if (key.length > LONGEST || bytesOf(key) > LONGEST) return `is longer than ${LONGEST} bytes`;
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for.
  if (/[\u0000-\u001f\u007f\\]/.test(key)) return 'holds a control character or a backslash';
  if (!key.isWellFormed()) return 'holds half a character';
  const parts = key.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    return 'has an empty part, `.` or `..`';
  if (parts.some((part) => part.length > LONGEST_PART / 3 && bytesOf(part) > LONGEST_PART))
    return `has a part longer than ${LONGEST_PART} bytes`;
  return null;
}

/** The same for the beginning of a key: it may be empty, or end with `/` or within a part. */
export function prefixProblem(prefix: string): string | null {
  return prefix === '' ? null : keyProblem(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
}

/** Sorts in place as S3 lists: by the bytes of UTF-8, which differs from JavaScript's order only beyond U+FFFF. */
export function sortKeys(keys: string[]): string[] {
  return keys.some((key) => HIGH_SURROGATE.test(key)) ? keys.sort(byCodePoints) : keys.sort();
}

function byCodePoints(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at += 1) {
    // In the first place that differs, half of a pair stands for a character after all the others.
    if (left.charCodeAt(at) === right.charCodeAt(at)) continue;
    return rank(left.charCodeAt(at)) - rank(right.charCodeAt(at));
  }
  return left.length - right.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
