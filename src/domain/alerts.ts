/**
 * What a person has been told and not yet been told the end of, and what is told when it comes again. It lies in the
 * store, because every run of a scheduler is a new process: without it, a cause that lasts for a week would be told three
 * times a day.
 */
import { z } from 'zod';

const ALERT_KINDS = ['failed', 'needs-hand', 'budget', 'mock', 'late', 'test'] as const;
/**
 * `failed`: a run failed, the next one tries again. `needs-hand`: it will go on failing until somebody mends something.
 * `budget`: a budget stopped it. `mock`: a post was finished with a placeholder. `late`: no ready post by the hour.
 * `test`: sent by hand, to see whether it arrives.
 */
export type AlertKind = (typeof ALERT_KINDS)[number];

/** Ids are minted from listings of `journal/<day>`, which no name with a letter in front is part of. */
export const ALERTS_KEY = 'journal/alerts.json';
export const MOST_OPEN_CAUSES = 100;
export const MOST_UNSENT = 50;

const text = z.string().max(4_000);
const moment = z.string().max(40);

const messageSchema = z.object({
  /** The name of the channel. */
  channel: text,
  kind: z.enum(ALERT_KINDS),
  recovered: z.boolean(),
  cause: text,
  title: text,
  text,
  /** The post that it is about. */
  id: z.string().max(20).nullable(),
  at_utc: moment,
  since_utc: moment,
});
/** One thing to tell. `text`: plain, in lines; no secret. */
export type AlertMessage = z.infer<typeof messageSchema>;

const openCauseSchema = z.object({
  /** One alert for each: `provider_denied:runway`, `budget:day`, `mock:20260131-2030`, `late`. */
  cause: text,
  kind: z.enum(ALERT_KINDS),
  title: text,
  since_utc: moment,
  id: z.string().max(20).nullable(),
  /** The run and the action in which it was met; only what does the same thing well shows that it is over. */
  mode: z.enum(['main', 'check']),
  action: z.string().max(40).nullable(),
  /** Nobody has been told: met once it may be chance, and it is told when it is met again. */
  quiet: z.boolean().optional(),
});
export type OpenCause = z.infer<typeof openCauseSchema>;

const unsentSchema = z.object({
  message: messageSchema,
  /** Who has not got it yet. */
  to: z.array(z.string().max(40)).max(20),
  tries: z.int().nonnegative(),
});
export type Unsent = z.infer<typeof unsentSchema>;

export const alertsDocumentSchema = z.looseObject({
  version: z.literal(1).default(1),
  open: z.array(openCauseSchema).max(MOST_OPEN_CAUSES).default([]),
  unsent: z.array(unsentSchema).max(MOST_UNSENT).default([]),
});
export type AlertsDocument = z.infer<typeof alertsDocumentSchema>;
