/** The machine's own randomness. Kept apart so that a seeded source can replace it and a failing run can be replayed. */
import { randomInt, randomUUID } from 'node:crypto';

import type { Random } from '../../ports/random.ts';

/** As many steps as `randomInt` can choose from. */
const STEPS = 2 ** 48 - 1;

/** Identifiers are UUIDs (version 4). */
export function createSystemRandom(): Random {
  return { next: () => randomInt(STEPS) / STEPS, identifier: () => randomUUID() };
}
