/**
 * JSON from outside can be nested so deeply that reading it works and writing it again overflows the stack. What is
 * deeper than this comes from no program that means well, and is refused when it is read.
 */
export const DEEPEST_JSON = 64;

/** Whether a value out of `JSON.parse` has more levels of lists and objects within each other than `levels`. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}
