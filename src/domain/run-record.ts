/**
 * What a run did, kept in the month's ledger: that object is written at the end of every run that pays anyway, so that
 * remembering the run costs no request of its own. A record that cannot be read is left out; it must never stop a payment.
 */
import { z } from 'zod';
import { isGenerationId, type GenerationId } from './generation-id.ts';

const text = z.string().max(400);

export const runRecordSchema = z.object({
  /** When the run took the channel, UTC. */
  at_utc: z.string().max(40),
  seconds: z.number().nonnegative(),
  /** `single`: one of the programs that do one stage alone. */
  mode: z.enum(['main', 'check', 'single']),
  /** As the run reported it: `task-done`, `waiting`, `failed` … */
  stop: text,
  /** The post that it worked on last. */
  id: z.custom<GenerationId>(isGenerationId).nullable(),
  actions: z.array(text).max(100),
  /** Why it ended early. */
  failure: z.object({ code: text, message: text }).nullable(),
});
export type RunRecord = z.infer<typeof runRecordSchema>;

/** A month of hourly runs; older ones make room. */
export const MOST_RUNS = 800;

/** The readable ones of a ledger’s `runs`, oldest first. */
export function runRecordsIn(runs: unknown): RunRecord[] {
  if (!Array.isArray(runs)) return [];
  return (runs as unknown[]).flatMap((run) => {
    const record = runRecordSchema.safeParse(run);
    return record.success ? [record.data] : [];
  });
}

/** They look and make room, name the post that is to be made, or take up what is there; whoever fails in them has paid for nothing. */
const BEFORE_WORK: ReadonlySet<string> = new Set([
  'tidy',
  'check-late',
  'mint-id',
  'adopt-content',
  'record',
]);

/** Whether a run did what it was there for, well or badly; else the same run is still to be made. */
export function cameToWork({ actions, stop }: Pick<RunRecord, 'actions' | 'stop'>): boolean {
  if (stop === 'locked' || stop === 'interrupted') return false;
  return stop !== 'failed' || actions.some((action) => !BEFORE_WORK.has(action));
}
