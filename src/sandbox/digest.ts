/** The sandbox gives the same answer to the same request in every run, and an audit finds the same prompt again: both go through these. */
import { createHash, createHmac } from 'node:crypto';

/** 16 hexadecimal digits that stand for a text; runs of white space count as one space. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text.replace(/\s+/g, ' ').trim()).digest('hex').slice(0, 16);
}

/** A whole number from 0 to 2³²−1 that follows from the text. */
export function numberOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0);
}

/** Numbers from 0 up to 1, the same ones for the same seed. */
export function diceOf(seed: number): () => number {
  let thrown = 0;
  return () => numberOf(`${seed}:${thrown++}`) / 2 ** 32;
}

/** An id in the form of a UUID that follows from the text. */
export function idOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/** Signs the address of a file for a time, as file hosts do. */
export function signatureOf(secret: string, path: string, expires: number): string {
  return createHmac('sha256', secret).update(`${path}\n${expires}`).digest('hex').slice(0, 32);
}
