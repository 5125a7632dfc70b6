/** Which keys an object may have: the same for every store, so that a channel can move from a folder to a bucket and back. */

const LONGEST = 1_000;

/** What is wrong with a key, to follow "The key"; `null` when nothing is. */
export function keyProblem(key: string): string | null {
  if (key === '') return 'is empty';
  if (new TextEncoder().encode(key).length > LONGEST) return `is longer than ${LONGEST} bytes`;
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for.
  if (/[\u0000-\u001f\u007f\\]/.test(key)) return 'holds a control character or a backslash';
  const parts = key.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..'))
    return 'has an empty part, `.` or `..`';
  return null;
}
