/** C1: `topics_tracker.json`, which keeps subjects from coming back too soon. */
import { cutText } from './cut-text.ts';
import { z } from 'zod';
import { FOCUS_LIMIT } from './limits.ts';

const USED_FOCUSES = 15;
const LABELS_PER_FOCUS = 5;
const TRAGIC_MARK = /\([тt]\)\s*$/iu;
/** Of any length: whoever wrote them, the channel must not stop over them. `shortFocus` bounds what is used. */
const name = z.string().trim().min(1);

export const topicsTrackerSchema = z.looseObject({
  all_focuses: z.array(name).max(2_000).default([]),
  /** The last fifteen, oldest first. */
  used_focuses: z.array(name).max(2_000).default([]),
  /** The last five labels of each focus, oldest first. */
  focus_data: z.record(z.string(), z.array(z.string().max(500)).max(200)).default({}),
});
export type TopicsTracker = z.infer<typeof topicsTrackerSchema>;

/** A focus marked `(т)` asks for the tragic prompts. The Latin letter is accepted as well, since the two look the same. */
export function isTragic(focus: string): boolean {
  return TRAGIC_MARK.test(focus);
}

/** The focuses that may be used now: the unused ones, or, when all were used lately, the one used longest ago. */
export function availableFocuses(tracker: TopicsTracker): string[] {
  const used = tracker.used_focuses.slice(-USED_FOCUSES);
  const fresh = tracker.all_focuses.filter((focus) => !used.includes(focus));
  if (fresh.length > 0) return fresh;
  const oldest = used.find((focus) => tracker.all_focuses.includes(focus));
  return oldest === undefined ? [] : [oldest];
}

/** As a draft keeps it and a prompt shows it: bounded, its mark kept. */
export function shortFocus(focus: string): string {
  if (focus.length <= FOCUS_LIMIT) return focus;
  const [mark = ''] = TRAGIC_MARK.exec(focus) ?? [];
  return `${cutText(focus, FOCUS_LIMIT - mark.length)}${mark}`;
}

/** The labels of topics that a focus had lately, oldest first; `focus` may be shortened. */
export function labelsOf(tracker: TopicsTracker, focus: string): readonly string[] {
  const known = knownName(tracker, focus);
  return Object.hasOwn(tracker.focus_data, known) ? (tracker.focus_data[known] ?? []) : [];
}

function knownName({ all_focuses: all }: TopicsTracker, focus: string): string {
  return all.find((name) => shortFocus(name) === focus) ?? focus;
}

/** D14: called only together with the content that used the topic. Doing it twice for the same topic changes nothing more. */
export function recordTopic(tracker: TopicsTracker, shortened: string, label: string): TopicsTracker {
  const focus = knownName(tracker, shortened);
  const labels = labelsOf(tracker, focus);
  const alreadyRecorded = labels.at(-1) === label && tracker.used_focuses.at(-1) === focus;
  if (alreadyRecorded) return tracker;
  return {
    ...tracker,
    used_focuses: [...tracker.used_focuses.filter((used) => used !== focus), focus].slice(-USED_FOCUSES),
    focus_data: {
      ...tracker.focus_data,
      [focus]: [...labels.filter((known) => known !== label), label].slice(-LABELS_PER_FOCUS),
    },
  };
}
