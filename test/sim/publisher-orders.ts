/**
 * The publisher reads the document at one moment of a run and writes it at a later one, once or twice, at every set of
 * moments between which the run has to do with the document. Nothing it marks may be lost, whatever it overwrites.
 */
import type { BucketKind } from './bucket.ts';
import type { Channel } from './channel.ts';
import { findViolations } from './checks.ts';
import { append } from './publisher.ts';
import { SETTINGS } from './settings.ts';
import { liveOneRun, placeReady, setStage, type Stage } from './stages.ts';

const HOUR = 3600;
const { documents, folders } = SETTINGS;
const FIRST = '20260226-2030';
const SECOND = '20260227-2030';

/** A published post is archived and two are sorted, while the publisher marks more. */
const STAGE: Stage = {
  name: 'a publisher at work',
  mode: 'main',
  ends: 'stocked after tidy/null',
  arrange: async (channel) => {
    placeReady(channel, folders.front, '20260225-2030');
    placeReady(channel, folders.middle, FIRST);
    placeReady(channel, folders.fresh, SECOND);
    placeReady(channel, folders.fresh, '20260228-2030');
    placeReady(channel, folders.fresh, '20260228-2040');
    append(channel, channel.bucket.json(documents.public), '20260225-2030');
  },
};

/** How often the run asks for the document when nobody disturbs it, and some more, for when it has to merge. */
export async function momentsOf(kind: BucketKind): Promise<number> {
  let count = 0;
  await liveOneRun(await setStage(STAGE, kind), STAGE.mode, null, (label) => {
    if (label.endsWith(documents.public)) count += 1;
  });
  return count + 4;
}

export interface Trouble {
  /** The run ends after this request for the document. */
  readonly death?: number;
  /** The publisher writes back its own keys and no others. */
  readonly forgetful?: boolean;
}

/** The publisher reads and writes in turn, before the numbered requests for the document. */
export async function liveWithPublisher(
  kind: BucketKind,
  moments: readonly number[],
  { death, forgetful = false }: Trouble = {},
): Promise<string[]> {
  const channel = await setStage(STAGE, kind);
  const ids = [FIRST, SECOND];
  let read: Record<string, unknown> | null = null;
  const left = [...moments];
  const publishUntil = (moment: number): void => {
    while (left.length > 0 && (left[0] ?? 0) <= moment) {
      left.shift();
      if (read === null) read = readAs(channel, forgetful);
      else {
        append(channel, read, ids.shift() ?? '');
        read = null;
      }
    }
  };
  let moment = 0;
  await liveOneRun(channel, STAGE.mode, null, (label, process) => {
    if (!label.endsWith(documents.public)) return;
    moment += 1;
    publishUntil(moment);
    if (moment === death) process.planned = { operation: process.operations + 1, what: 'dies-before' };
  });
  publishUntil(Number.POSITIVE_INFINITY);
  channel.calmSince = channel.world.time;
  for (let day = 0; day < 2; day += 1) {
    await channel.world.run(channel.world.time + 23 * HOUR);
    await liveOneRun(channel, 'main');
  }
  return [...lostIds(channel), ...(forgetful ? [] : findViolations(channel))];
}

function readAs({ bucket }: Channel, forgetful: boolean): Record<string, unknown> {
  const { processing_lock, generation_id, ...others } = bucket.json(documents.public);
  return forgetful ? { processing_lock, generation_id } : { processing_lock, generation_id, ...others };
}

function lostIds({ bucket, published }: Channel): string[] {
  const live = [folders.fresh, folders.middle, folders.front];
  return published
    .filter((id) => live.some((folder) => bucket.keys(folder + id).length > 0))
    .map((id) => `I2 ${id} was marked and is still waiting to be published`);
}

/** Every way to take `count` moments of 1 to `last` in order, the same one more than once too. */
export function* ordered(last: number, count: number, from = 1): Generator<number[]> {
  if (count === 0) yield [];
  else
    for (let moment = from; moment <= last; moment += 1)
      for (const rest of ordered(last, count - 1, moment)) yield [moment, ...rest];
}
