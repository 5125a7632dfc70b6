/** A journal in plain words: one line an event, a paid call with its outcome, cost and duration in one. */
import type { PostPlace } from '../../app/find-post.ts';
import { callCosts, type CallCost } from '../../domain/journal-costs.ts';
import type { JournalDocument, JournalEntry } from '../../domain/journal.ts';
import type { Media } from '../../domain/post.ts';
import { oneLine } from './plain-text.ts';
import { ACTION_TEXTS, dollars, duration, megabytes } from './texts.ts';

export interface StoryLine {
  /** `2026-01-31` */
  readonly day: string;
  /** `20:30:05`, UTC. */
  readonly time: string;
  readonly text: string;
  readonly tone: 'plain' | 'paid' | 'bad';
}

export function storyLines(journal: JournalDocument): StoryLine[] {
  const costs = new Map(callCosts(journal.entries).map((cost) => [cost.call, cost]));
  const lines: StoryLine[] = [];
  let asked = 0;
  for (const [at, entry] of journal.entries.entries()) {
    if (isLook(entry)) {
      // A day of hourly looks is one line.
      asked += 1;
      const next = journal.entries[at + 1];
      if (next && isLook(next)) continue;
      const times = asked === 1 ? '' : ` ${asked} times`;
      lines.push(line(entry, `Asked for the picture${times}.`));
      asked = 0;
      continue;
    }
    const told = tell(entry, costs);
    if (told !== null) lines.push(line(entry, told.text, told.tone));
  }
  return lines;
}

function isLook(entry: JournalEntry): boolean {
  return entry.type === 'decision' && entry.action === 'check-image';
}

function line({ at_utc: at }: JournalEntry, text: string, tone: StoryLine['tone'] = 'plain'): StoryLine {
  return { day: at.slice(0, 10), time: at.slice(11, 19), text, tone };
}

type Told = { readonly text: string; readonly tone?: StoryLine['tone'] };

function tell(entry: JournalEntry, costs: ReadonlyMap<string, CallCost>): Told | null {
  switch (entry.type) {
    case 'decision':
      return { text: decisionText(entry.action, entry.reason) };
    case 'intent': {
      const cost = costs.get(entry.call);
      return cost ? callLine(cost) : null;
    }
    case 'settled':
      // Told where the call was intended, unless that entry made room.
      return costs.get(entry.call)?.intent ? null : callLine(costs.get(entry.call) ?? null);
    case 'corrected':
      return null;
    case 'fallback':
      return { text: `${FALLBACK(entry.from, entry.to)}: ${oneLine(entry.reason)}.`, tone: 'bad' };
    case 'file':
      return {
        text: `Stored ${entry.key}, ${megabytes(entry.bytes)}, sha256 ${entry.sha256.slice(0, 12)}…`,
      };
    case 'ended':
      return {
        text: `The picture's task ended without a usable picture: ${oneLine(entry.reason)}.`,
        tone: 'bad',
      };
    case 'note':
      return { text: oneLine(entry.text, 400) };
  }
}

const FALLBACK = (from: string, to: string): string =>
  `In place of ${oneLine(from, 60)} came ${oneLine(to, 60)}`;

/** What the state was, in the words of a person; the journal has it in the words of the state machine. */
const PHASE_REASONS: Readonly<Record<string, string>> = {
  idle: 'nothing was under way',
  submission: 'the text was written and no picture ordered',
  task: 'the picture was being painted',
  'task-undated': 'the picture was being painted',
  results: 'the picture was painted',
  'results-unusable': 'the answer held no usable picture',
  'timed-out': 'no picture came',
};

function decisionText(action: string, reason: string): string {
  const phase = /^the post is in phase (\S+)$/.exec(reason)?.[1] ?? '';
  const why = PHASE_REASONS[phase] ?? oneLine(reason);
  const known = Object.entries(ACTION_TEXTS).find(([name]) => name === action)?.[1];
  if (action === 'record') return `Noted: ${why}.`;
  return `${known?.doing ?? oneLine(action, 60)}, since ${why}.`;
}

const CALL_NAMES: Readonly<Record<string, string>> = {
  topic: 'the topic',
  text: 'the text',
  comment: 'the comment',
  poll: 'the poll',
  scene: 'the scene',
  judge: 'the choice of the picture',
  image: 'the picture',
  video: 'the video',
};

function callLine(cost: CallCost | null): Told | null {
  if (cost === null) return null;
  const { costUsd, intent, measured, settled } = cost;
  const what = intent ? (CALL_NAMES[intent.stage] ?? intent.stage) : 'a call';
  const who = intent ? ` (${intent.provider}, ${intent.model})` : '';
  const price = `${dollars(costUsd)}${measured ? '' : ', estimated'}`;
  const task = settled?.task_id === undefined ? '' : `, task ${oneLine(settled.task_id, 60)}`;
  const why = settled?.detail === undefined ? '' : `: ${oneLine(settled.detail)}`;
  const took = settled && settled.seconds >= 0.05 ? `, ${duration(settled.seconds)}` : '';
  switch (settled?.outcome) {
    case undefined:
      return { text: `Ordered ${what}${who}; no answer was noted. Counted as ${price}.`, tone: 'bad' };
    case 'succeeded':
      return { text: `Paid for ${what}${who}: ${price}${took}${task}.`, tone: 'paid' };
    case 'refused':
      return { text: `Asked for ${what}${who}: refused, nothing paid${why}.`, tone: 'bad' };
    case 'failed':
      return { text: `Asked for ${what}${who}: failed, ${price}${took}${why}.`, tone: 'bad' };
    case 'unknown':
      return {
        text: `Asked for ${what}${who}: nobody knows whether it was charged; counted as ${price}${why}.`,
        tone: 'bad',
      };
  }
}

/** I7: what is real and what stands in. `places`: where the post's files lie. */
export function mediaText(media: Media | null, places: readonly PostPlace[]): string {
  if (media === null) {
    const made = places.some(({ files }) => files.some(({ key }) => /\.(png|mp4)$/.test(key)));
    return made ? 'not stated (the post was made by an older tool)' : 'not made yet';
  }
  const image = media.image === 'midjourney' ? 'real picture (Midjourney)' : 'mock picture (title card)';
  const video =
    media.video === undefined
      ? 'no video yet'
      : media.video === 'runway'
        ? 'real video (Runway)'
        : 'mock video (camera move over the picture)';
  const why = media.reason === undefined ? '' : `; ${oneLine(media.reason)}`;
  return `${image}, ${video}${why}`;
}
