/**
 * P4: which picture a choice means. It is paid for once and outlives its run, while the pictures are fetched again in each:
 * counted by what happened to arrive, the choice of one run would name another picture in the next.
 */
import type { ImageChoice } from '../domain/post.ts';

/** `number`: its place in the provider's answer, from 1, whichever others could be fetched. */
export interface Candidate {
  readonly number: number;
  readonly file: string;
}
export type Candidates = readonly [Candidate, ...Candidate[]];

const LONGEST_KEPT_REASON = 3_500;

export function chosen({ number }: Candidate, reason: string): ImageChoice {
  return { winner: number, reason, scores: [] };
}

export function numbered(pictures: Candidates, number: number): Candidate | undefined {
  return pictures.find((picture) => picture.number === number);
}

/** The judge counts what it is shown. A choice outlives its run, and the next one may be missing other pictures. */
export function inOwnNumbers(choice: ImageChoice, pictures: Candidates): ImageChoice {
  if (pictures.every(({ number }, index) => number === index + 1)) return choice;
  const numberOf = (image: number): number => pictures[image - 1]?.number ?? image;
  const shown = pictures.map(({ number }) => number).join(', ');
  return {
    ...choice,
    winner: numberOf(choice.winner),
    // Its own words speak of the pictures by the numbers that it saw.
    reason: `${choice.reason} (Image 1 to ${pictures.length} of the judge are the pictures ${shown}.)`,
    scores: choice.scores.map((entry) => ({ ...entry, image: numberOf(entry.image) })),
  };
}

/** The choice was paid for, so it holds; when its winner is gone, for the best of those that are left. */
export function stillThere(earlier: ImageChoice, pictures: Candidates): ImageChoice {
  if (numbered(pictures, earlier.winner)) return earlier;
  const [best] = earlier.scores
    .filter(({ image }) => numbered(pictures, image))
    .toSorted((one, other) => other.total - one.total);
  const winner = best?.image ?? pictures[0].number;
  const rank = best ? 'has the best score of the others' : 'takes its place';
  const gone = `(Picture ${earlier.winner} was chosen, but can no longer be fetched; picture ${winner} ${rank}.)`;
  return { ...earlier, winner, reason: `${earlier.reason.slice(0, LONGEST_KEPT_REASON)} ${gone}` };
}
