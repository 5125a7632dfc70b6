/** Every single place in which a run can be hurt, one after another: the run is counted, then lived again for each of its operations. */
import type { BucketKind } from './bucket.ts';
import type { Channel } from './channel.ts';
import { findViolations } from './checks.ts';
import { KIND_MOOD } from './mood.ts';
import { SETTINGS } from './settings.ts';
import { liveOneRun, setStage, type Stage } from './stages.ts';
import type { PlannedFault } from './world.ts';

const HOUR = 3600;
/** A main run, two checks, and so on: the order in which clean runs follow the hurt one, with the hours between them. */
const FOLLOWING = [
  ['check', 3],
  ['main', 19],
  ['check', 0],
  ['check', 3],
  ['main', 19],
  ['check', 0],
  ['check', 3],
  ['main', 19],
  ['main', 23],
] as const;

export const DEATHS = ['dies-before', 'dies-after'] as const;
export const LOSSES = ['lost-before', 'lost-after', 'refused'] as const;

export interface Covered {
  /** I/O operations of the unhurt run. */
  readonly operations: number;
  readonly points: number;
  /** One line for each fault that led to something wrong. */
  readonly problems: readonly string[];
}

/** Every operation of the stage's run, with each of `faults`. */
export async function coverStage(
  stage: Stage,
  kind: BucketKind & { readonly name: string },
  faults: readonly PlannedFault['what'][],
): Promise<Covered> {
  const operations = await countOperations(stage, kind);
  const problems: string[] = [];
  for (let operation = 1; operation <= operations; operation += 1) {
    for (const what of faults) {
      const violations = await hurt(stage, kind, { operation, what });
      if (violations.length > 0)
        problems.push(`${stage.name} (${kind.name}), ${what} at ${operation}: ${violations.join('; ')}`);
    }
  }
  return { operations, points: operations * faults.length, problems };
}

async function countOperations(stage: Stage, kind: BucketKind): Promise<number> {
  const channel = await setStage(stage, kind);
  const operations = await liveOneRun(channel, stage.mode);
  const report = channel.runs.at(-1)?.report;
  const last = report?.actions.at(-1);
  const ends = `${report?.stop} after ${last?.action}/${last?.event}`;
  if (ends !== stage.ends)
    throw new Error(`"${stage.name}" no longer tests what it says: the run ended ${ends}`);
  return operations;
}

/** What is wrong after the fault and the clean runs that follow it; empty when nothing is. */
async function hurt(stage: Stage, kind: BucketKind, fault: PlannedFault): Promise<string[]> {
  const channel = await setStage(stage, kind);
  await liveOneRun(channel, stage.mode, fault);
  channel.providers.mood = KIND_MOOD;
  channel.providers.refuseOnly = null;
  channel.calmSince = channel.world.time;
  for (const [index, [mode, hours]] of FOLLOWING.entries()) {
    await channel.world.run(channel.world.time + hours * HOUR);
    await liveOneRun(channel, mode);
    // What is left lying is tidied by a main run.
    if (index > 0 && isDone(channel)) break;
  }
  return isDone(channel)
    ? findViolations(channel)
    : ['I4 the post is not done after all following runs', ...findViolations(channel)];
}

/** Nothing in the making, a ready post in 666, nothing marked that is not archived, no flag. */
function isDone(channel: Channel): boolean {
  const { bucket } = channel;
  const generation = bucket.json(SETTINGS.documents.generation);
  const open = bucket.json(SETTINGS.documents.public);
  const listed = open['generation_id'];
  return (
    generation['generation_id'] === null &&
    open['processing_lock'] === false &&
    (!Array.isArray(listed) || listed.length === 0) &&
    channel.ready(SETTINGS.folders.fresh).length > 0
  );
}
