/** The invariants of the reliability promises, judged from the world's own records: the bucket's history and the providers' ledger. */
import { hash } from 'node:crypto';
import {
  generationDocumentSchema,
  imageDocumentSchema,
  type GenerationDocument,
} from '../../src/domain/channel-state.ts';
import { restProblems } from '../../src/workflow/invariants.ts';
import type { Channel } from './channel.ts';
import { budgetsHold } from './checks-budgets.ts';
import { nothingPaidTwice } from './checks-payments.ts';
import { nothingStalls } from './checks-progress.ts';
import { SETTINGS, STALE_FLAG_SECONDS } from './settings.ts';
import type { Write } from './bucket.ts';

const { folders, documents } = SETTINGS;
const MOST_SKEW_SECONDS = 10;
const LIVE = [folders.fresh, folders.middle, folders.front];

export function findViolations(channel: Channel): string[] {
  return [
    ...noBugs(channel),
    ...oneAtATime(channel),
    ...otherHandsAreRespected(channel),
    ...nothingLost(channel),
    ...publishedIsLetBe(channel),
    ...nothingPaidTwice(channel),
    ...budgetsHold(channel),
    ...nothingStalls(channel),
    ...stateAtRest(channel),
    ...filesAreExplained(channel),
    ...mocksAreHonest(channel),
  ];
}

/** I6, and no exception ever. */
function noBugs(channel: Channel): string[] {
  return channel.runs.flatMap((run) => {
    if (run.crash !== null)
      return [
        `I6 ${run.process.name} threw ${String(run.crash instanceof Error ? run.crash.stack : run.crash)}`,
      ];
    return run.report?.stop === 'turn-limit' ? [`I6 ${run.process.name} went round in a circle`] : [];
  });
}

const isTicket = (key: string): boolean => key.startsWith('locks/');

/** I1: the spans in which runs write or order anything never overlap. */
function oneAtATime(channel: Channel): string[] {
  const spans = new Map<string, { from: number; to: number }>();
  const seen = (by: string, at: number): void => {
    const span = spans.get(by);
    if (span) span.to = at;
    else spans.set(by, { from: at, to: at });
  };
  for (const act of actsOfRuns(channel)) seen(act.by, act.at);
  const problems: string[] = [];
  let latest = { name: '', to: Number.NEGATIVE_INFINITY };
  for (const [name, span] of [...spans].sort(([, a], [, b]) => a.from - b.from)) {
    if (span.from < latest.to)
      problems.push(`I1 ${latest.name} and ${name} both acted between ${span.from} and ${latest.to}`);
    if (span.to > latest.to) latest = { name, to: span.to };
  }
  return problems;
}

function actsOfRuns(channel: Channel): { readonly by: string; readonly at: number }[] {
  return [
    ...channel.bucket.history.filter((write) => write.by.startsWith('run') && !isTicket(write.key)),
    ...channel.providers.orders,
  ].sort((a, b) => a.at - b.at);
}

/** I1, I5: a run that begins while an older tool holds the flag does nothing, and nobody writes over a document that cannot be read. */
function otherHandsAreRespected(channel: Channel): string[] {
  const { bucket, hands, runs } = channel;
  const problems: string[] = [];
  const began = new Map(runs.map((run) => [run.process.name, run.startedAt]));
  for (const { from, to } of hands.holds) {
    const until = Math.min(to, from + STALE_FLAG_SECONDS - MOST_SKEW_SECONDS, lostAt(channel, from));
    const acts = actsOfRuns(channel).filter(({ by, at }) => at < until && (began.get(by) ?? 0) >= from);
    problems.push(...acts.slice(0, 1).map(({ by }) => `I1 ${by} acted while another tool held the flag`));
  }
  for (const { key, from, to } of hands.damages) {
    const writes = bucket.history.filter(
      (write) => write.key === key && write.at > from && write.at < to && write.by.startsWith('run'),
    );
    problems.push(...writes.slice(0, 1).map(({ by }) => `I5 ${by} wrote over the damaged ${key}`));
  }
  return problems;
}

/** Whoever had read the document before, and writes without comparing, writes over the flag: no tool can see that. */
function lostAt({ bucket, runs }: Channel, from: number): number {
  const blind = runs.filter((run) => !bucket.kind.conditionalWrites && run.startedAt < from);
  const earlier = new Set(blind.map((run) => run.process.name));
  const over = bucket.history.find(
    ({ at, by, key }) => at > from && key === documents.public && (earlier.has(by) || by === 'publisher'),
  );
  return over?.at ?? Number.POSITIVE_INFINITY;
}

/** I2: every saved text is a whole group in exactly one place; every published id is archived, whole, once. */
function nothingLost(channel: Channel): string[] {
  const problems: string[] = [];
  const active = channel.bucket.json(documents.generation)['generation_id'];
  for (const id of savedTexts(channel)) {
    const places = [...LIVE, folders.archive].filter(
      (folder) => channel.bucket.keys(`${folder}${id}`).length > 0,
    );
    if (channel.hands.discarded.has(id)) {
      if (places.length > 0) problems.push(`I2 ${id} was thrown away and is back in ${places.join(' and ')}`);
      continue;
    }
    if (places.length === 0) problems.push(`I2 ${id} is gone`);
    if (places.length > 1) problems.push(`I2 ${id} lies in ${places.join(' and ')}`);
    const [place] = places;
    const whole =
      place !== undefined &&
      ['json', 'png', 'mp4'].every((part) => channel.bucket.objects.has(`${place}${id}.${part}`));
    if (!whole && id !== active) problems.push(`I2 ${id} is incomplete in ${place} and nobody works on it`);
  }
  for (const id of channel.published) {
    // What its owner threw away while the publisher published it lies nowhere any more.
    if (publishedDaysAgo(channel, id) <= 2 || channel.hands.discarded.has(id)) continue;
    if (channel.bucket.keys(`${folders.archive}${id}`).length < 3)
      problems.push(`I2 ${id} was published and is not archived`);
    const listed = channel.bucket.json(documents.public)['generation_id'];
    if (Array.isArray(listed) && listed.some((entry) => entry === id || entry === `${id}.json`))
      problems.push(`I2 ${id} is archived and still listed`);
  }
  for (const name of channel.hands.notes) {
    const places = [...LIVE, folders.archive].filter((folder) => channel.bucket.objects.has(folder + name));
    if (places.length !== 1 && !channel.hands.discarded.has(name.slice(0, 13)))
      problems.push(`I2 the note ${name} lies in ${places.length} places`);
  }
  return problems;
}

/** How long after a mark a run may still do what it had begun before: the term of a lease and one request. */
const MOST_OVERTAKEN_SECONDS = 1_800;

/** D7, I3: nothing is paid for a post that is published, and none of its files becomes another one. */
function publishedIsLetBe({ bucket, providers, published }: Channel): string[] {
  const problems: string[] = [];
  for (const id of new Set(published)) {
    const marked = bucket.history.find((write) => write.by === 'publisher' && textOf(write).includes(id));
    if (!marked) continue;
    const from = marked.at + MOST_OVERTAKEN_SECONDS;
    const paid = providers.orders.find(({ at, post }) => at > from && post === id);
    if (paid) problems.push(`I3 ${paid.kind} was ordered for ${id}, which was published`);
    const files = new Map<string, string>();
    for (const { at, body, by, key } of bucket.history) {
      const name = /^(?:666|555|444)\/(.*\.(?:png|mp4))$/.exec(key)?.[1];
      if (name === undefined || !name.startsWith(id) || body === null) continue;
      const text = new TextDecoder().decode(body);
      if (at > from && (files.get(name) ?? text) !== text)
        problems.push(`D7 ${by} replaced ${key}, which was published`);
      files.set(name, text);
    }
  }
  return problems;
}

function publishedDaysAgo(channel: Channel, id: string): number {
  const marked = channel.bucket.history.find(
    (write) => write.by === 'publisher' && textOf(write).includes(id),
  );
  return marked ? (channel.world.time - marked.at) / 86_400 : 0;
}

function savedTexts(channel: Channel): Set<string> {
  const ids = channel.bucket.history.filter(
    (write) => write.kind === 'put' && write.key.startsWith(folders.fresh) && write.key.endsWith('.json'),
  );
  return new Set(ids.map((write) => write.key.slice(folders.fresh.length, folders.fresh.length + 13)));
}

/** I5 */
function stateAtRest(channel: Channel): string[] {
  const problems: string[] = [];
  const { bucket, hands } = channel;
  const image = imageDocumentSchema.safeParse(bucket.json(documents.image));
  const generation = generationDocumentSchema.safeParse(bucket.json(documents.generation));
  if (!image.success || !generation.success) problems.push('I5 a document does not parse');
  else
    problems.push(
      ...restProblems(image.data, generation.data as GenerationDocument).map((text) => `I5 ${text}`),
    );
  const kept = [
    ...[documents.public, documents.generation, documents.image].map((document) => ({
      document,
      name: 'note',
    })),
    ...hands.keys,
  ];
  for (const { document, name } of kept) {
    if (bucket.json(document)[name] !== 'kept') problems.push(`I5 the key ${name} of ${document} was lost`);
  }
  if (bucket.json(documents.public)['processing_lock'] === true) problems.push('I5 the lock was left held');
  return problems;
}

/**
 * I5: the journal tells of each file of a post that a run stored, as it lies there now. Not where a reset took a complete
 * post out of the state before its last files were told of: nobody has a reason to look at them again.
 */
function filesAreExplained({ bucket, hands }: Channel): string[] {
  const older = new Set(
    bucket.history.filter(({ by }) => by === 'earlier days').map(({ key }) => key.replace(/^\w+\//, '')),
  );
  const problems: string[] = [];
  for (const [key, { body }] of bucket.objects) {
    const name = /^(?:666|555|444|archive)\/((\d{8}-\d{4})\.(?:json|png|mp4))$/.exec(key);
    if (
      name === null ||
      hands.discarded.has(name[2] ?? '') ||
      hands.restarted.has(name[2] ?? '') ||
      older.has(name[1] ?? '')
    )
      continue;
    const text = bucket.text(`journal/${name[2]}.json`) ?? '{"entries":[]}';
    const { entries } = JSON.parse(text) as { entries: { type: string; key?: string; sha256?: string }[] };
    const told = entries.findLast((entry) => entry.type === 'file' && entry.key?.endsWith(name[1] ?? ''));
    if (told?.sha256 !== hash('sha256', body))
      problems.push(`I5 the journal does not tell of ${key} as it is`);
  }
  return problems;
}

/** I7: at no moment did a group say more of its media than its files were, and no complete one kept silent about a mock. */
function mocksAreHonest(channel: Channel): string[] {
  const current = new Map<string, string>();
  const said = new Map<string, Media>();
  const problems: string[] = [];
  for (const write of channel.bucket.history) {
    const base = write.key.replace(/\.(json|png|mp4)$/, '');
    if (base === write.key || !/^(666|555|444|archive)\//.test(base)) continue;
    if (write.kind === 'delete') current.delete(write.key);
    else current.set(write.key, textOf(write));
    const text = current.get(`${base}.json`);
    if (text === undefined) continue;
    if (write.key.endsWith('.json')) said.set(base, (JSON.parse(text) as { media?: Media }).media ?? {});
    const media = said.get(base) ?? {};
    const video = current.get(`${base}.mp4`) ?? '';
    const picture = current.get(`${base}.png`) ?? '';
    const ready = video !== '' && picture !== '';
    if (video.startsWith('mock') && (media.video === 'runway' || (ready && media.video !== 'mock')))
      problems.push(`I7 ${base} passes a mock video off as a real one`);
    if (
      picture.startsWith('placeholder') &&
      (media.image === 'midjourney' || (ready && media.image !== 'placeholder'))
    )
      problems.push(`I7 ${base} passes a placeholder off as a painted picture`);
  }
  return problems;
}

interface Media {
  readonly image?: string;
  readonly video?: string;
}

function textOf(write: Write): string {
  return write.body === null ? '' : new TextDecoder().decode(write.body);
}
