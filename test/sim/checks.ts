/** The invariants of the reliability promises, judged from the world's own records: the bucket's history and the providers' ledger. */
import { imageDocumentSchema } from '../../src/domain/channel-state.ts';
import { MAX_UNKNOWN_OUTCOMES } from '../../src/workflow/policy.ts';
import { phaseOf } from '../../src/workflow/phase.ts';
import { SETTINGS, type Channel } from './channel.ts';
import type { Order } from './providers.ts';
import type { Write } from './bucket.ts';

const { folders, documents } = SETTINGS;
const LIVE = [folders.fresh, folders.middle, folders.front];

export function findViolations(channel: Channel): string[] {
  return [
    ...noBugs(channel),
    ...oneAtATime(channel),
    ...nothingLost(channel),
    ...nothingPaidTwice(channel),
    ...nothingStalls(channel),
    ...stateAtRest(channel),
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
  const acts = [
    ...channel.bucket.history.filter((write) => write.by.startsWith('run') && !isTicket(write.key)),
    ...channel.providers.orders,
  ].sort((a, b) => a.at - b.at);
  for (const act of acts) seen(act.by, act.at);
  const sorted = [...spans].sort(([, a], [, b]) => a.from - b.from);
  return sorted.slice(1).flatMap(([name, span], index) => {
    const [before, earlier] = sorted[index] as [string, { from: number; to: number }];
    return span.from < earlier.to
      ? [`I1 ${before} and ${name} both acted between ${span.from} and ${earlier.to}`]
      : [];
  });
}

/** I2: every saved text is a whole group in exactly one place; every published id is archived, whole, once. */
function nothingLost(channel: Channel): string[] {
  const problems: string[] = [];
  const active = channel.bucket.json(documents.generation)['generation_id'];
  for (const id of savedTexts(channel)) {
    const places = [...LIVE, folders.archive].filter(
      (folder) => channel.bucket.keys(`${folder}${id}`).length > 0,
    );
    if (places.length === 0) problems.push(`I2 ${id} is gone`);
    if (places.length > 1) problems.push(`I2 ${id} lies in ${places.join(' and ')}`);
    const [place] = places;
    const whole =
      place !== undefined &&
      ['json', 'png', 'mp4'].every((part) => channel.bucket.objects.has(`${place}${id}.${part}`));
    if (!whole && id !== active) problems.push(`I2 ${id} is incomplete in ${place} and nobody works on it`);
  }
  for (const id of channel.published) {
    if (publishedDaysAgo(channel, id) <= 2) continue;
    if (channel.bucket.keys(`${folders.archive}${id}`).length < 3)
      problems.push(`I2 ${id} was published and is not archived`);
    const listed = channel.bucket.json(documents.public)['generation_id'];
    if (Array.isArray(listed) && listed.includes(id)) problems.push(`I2 ${id} is archived and still listed`);
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

/** I3: a further order only after a definite failure, or once after an outcome that nobody could know. */
function nothingPaidTwice(channel: Channel): string[] {
  const problems: string[] = [];
  const posts = Map.groupBy(channel.providers.orders, (order) => order.post ?? 'none');
  for (const [post, orders] of posts) {
    if (post === 'none') problems.push(`I3 ${orders.length} orders for no post`);
    for (const kind of ['image', 'video'] as const)
      problems.push(
        ...repeatedTasks(
          channel,
          post,
          orders.filter((order) => order.kind === kind),
        ),
      );
    problems.push(
      ...repeatedTexts(
        channel,
        post,
        orders.filter((order) => order.kind === 'text'),
      ),
    );
  }
  return problems;
}

function repeatedTasks(channel: Channel, post: string, orders: readonly Order[]): string[] {
  const problems: string[] = [];
  let unknown = 0;
  for (const [index, order] of orders.entries()) {
    const next = orders[index + 1];
    if (!next) break;
    const wasNoted = channel.bucket.history.some(
      (write) =>
        write.key === documents.image &&
        write.at >= order.at &&
        write.at <= next.at &&
        textOf(write).includes(`"${order.taskId}"`),
    );
    const fate = channel.providers.fateOf(order.taskId ?? '');
    if (!wasNoted) unknown += 1;
    else if (fate === 'good' || fate === 'unfinished')
      problems.push(`I3 ${post}: ${order.kind} ordered again although ${order.taskId} was ${fate}`);
  }
  if (unknown > MAX_UNKNOWN_OUTCOMES)
    problems.push(`I3 ${post}: ${orders[0]?.kind} repeated ${unknown} times after unknown outcomes`);
  return problems;
}

/** A stage is asked again only within one run (a malformed answer) or once after a run that died or got no answer. */
function repeatedTexts(channel: Channel, post: string, orders: readonly Order[]): string[] {
  const journal = channel.bucket.text(`journal/${post}.json`) ?? '';
  const problems: string[] = [];
  let unknown = 0;
  for (const [stage, same] of Map.groupBy(orders, (order) => order.stage)) {
    const runs = new Set(same.map((order) => order.by));
    unknown += runs.size - 1;
    if (same.length > 3 * runs.size)
      problems.push(`I3 ${post}: ${stage} asked for ${same.length} times in ${runs.size} runs`);
  }
  // A run that ended with a definite failure in the middle of a text is repeated by right; only silent ends count.
  const definite = journal.split(/"outcome": "(?:refused|failed)"/).length - 1;
  if (unknown > MAX_UNKNOWN_OUTCOMES + definite)
    problems.push(`I3 ${post}: texts were written ${unknown} times too often`);
  return problems;
}

/** I4: the calm days were enough to finish what was begun, and to stock 666. */
function nothingStalls(channel: Channel): string[] {
  const since = channel.world.time - 3 * 86_400;
  const fresh = channel.ready(folders.fresh).length;
  const made = channel.bucket.history.some(
    (write) => write.at > since && write.key.startsWith(folders.fresh) && write.key.endsWith('.mp4'),
  );
  return fresh > 0 || made ? [] : ['I4 after calm days there is no post in 666 and none was made'];
}

/** I5 */
function stateAtRest(channel: Channel): string[] {
  const problems: string[] = [];
  const image = channel.bucket.json(documents.image);
  const parsed = imageDocumentSchema.safeParse(image);
  if (!parsed.success) problems.push(`I5 the image document does not parse: ${parsed.error.message}`);
  else if (phaseOf(parsed.data) === 'results-unusable')
    problems.push('I5 an answer without a picture was left lying');
  if (image['note'] !== 'kept' || channel.bucket.json(documents.generation)['note'] !== 'kept')
    problems.push('I5 a key of somebody else was lost');
  if (channel.bucket.json(documents.public)['processing_lock'] === true)
    problems.push('I5 the lock was left held');
  return problems;
}

/** I7: at no moment did a group say more of its media than its files were. */
function mocksAreHonest(channel: Channel): string[] {
  const current = new Map<string, string>();
  const problems: string[] = [];
  for (const write of channel.bucket.history) {
    if (write.kind === 'delete') current.delete(write.key);
    else current.set(write.key, textOf(write));
    const base = write.key.replace(/\.(json|png|mp4)$/, '');
    if (base === write.key || !/^(666|555|444|archive)\//.test(base)) continue;
    const text = current.get(`${base}.json`);
    if (text === undefined) continue;
    const media = (JSON.parse(text) as { media?: { image?: string; video?: string } }).media;
    const video = current.get(`${base}.mp4`);
    const picture = current.get(`${base}.png`);
    if (media?.video === 'runway' && video?.startsWith('mock'))
      problems.push(`I7 ${base} passes a mock video off as Runway’s`);
    if (media?.image === 'midjourney' && picture?.startsWith('placeholder'))
      problems.push(`I7 ${base} passes a placeholder off as Midjourney’s`);
  }
  return problems;
}

function textOf(write: Write): string {
  return write.body === null ? '' : new TextDecoder().decode(write.body);
}
