/**
 * Numbers that depend on nothing but their input: what is drawn twice comes out the same twice, so a repeated run cannot
 * replace a picture that was already approved by another one.
 */
import { createHash } from 'node:crypto';

/** The first 32 bits of SHA-256, unsigned. */
export function hashBytes(bytes: Uint8Array | string): number {
  return createHash('sha256').update(bytes).digest().readUInt32BE(0);
}

/** An endless, repeatable row of numbers in [0, 1) (the mulberry32 generator). Not for secrets. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d_2b_79_f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
