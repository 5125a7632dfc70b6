/** Randomness comes in here, so that a failing run can be replayed from its seed. */
export interface Random {
  /** In [0, 1). */
  next(): number;
  /** An identifier that never comes twice: 1–64 letters, digits and dashes. */
  identifier(): string;
}

/** One entry of a list that is not empty; `undefined` for an empty one. */
export function pick<T>(random: Random, list: readonly T[]): T | undefined {
  return list[Math.floor(random.next() * list.length)];
}
