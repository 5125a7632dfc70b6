/** I3, judged by what the providers were really asked for and by what the bucket held when they were asked again. */
import type { Channel } from './channel.ts';
import type { Order } from './providers.ts';
import { POLICY, SETTINGS } from './settings.ts';

const { documents } = SETTINGS;
/** The promise's own figure, not the program's. */
const MOST_UNKNOWN = 1;

/** A further order only after a definite failure, or once after an outcome that nobody could know. */
export function nothingPaidTwice(channel: Channel): string[] {
  const problems = channel.providers.askedUnsaved.map(
    (id) => `I3 ${id} was asked after before the bucket held its id`,
  );
  for (const [post, orders] of Map.groupBy(channel.providers.orders, (order) => order.post ?? 'none')) {
    if (post === 'none') problems.push(`I3 ${orders.length} orders for no post`);
    const of = (kind: Order['kind']): Order[] => orders.filter((order) => order.kind === kind);
    problems.push(...repeatedTasks(channel, post, of('image'), POLICY.maxRetries + 1));
    problems.push(...repeatedTasks(channel, post, of('video'), 1));
    problems.push(...repeatedTexts(channel, post, of('text')));
  }
  return problems;
}

/** `most`: orders that a post may need when each one's outcome is known. */
function repeatedTasks(channel: Channel, post: string, orders: readonly Order[], most: number): string[] {
  const problems: string[] = [];
  const kind = orders[0]?.kind ?? '';
  // What the journal knows, the next run can know.
  const places = [documents.image, `journal/${post}.json`];
  let unknown = 0;
  for (const [index, order] of orders.entries()) {
    const next = orders[index + 1];
    if (!next) break;
    const fate = channel.providers.fateOf(order.taskId ?? '');
    if (!wasKept(channel, order, next.at, `"${order.taskId}"`, places)) unknown += 1;
    else if (fate === 'good' || fate === 'unfinished')
      problems.push(`I3 ${post}: ${kind} ordered again although ${order.taskId} was ${fate}`);
  }
  if (unknown > MOST_UNKNOWN)
    problems.push(`I3 ${post}: ${kind} repeated ${unknown} times after unknown outcomes`);
  if (orders.length > most + MOST_UNKNOWN)
    problems.push(`I3 ${post}: ${kind} ordered ${orders.length} times`);
  return problems;
}

/** A stage is asked for again after an answer that was useless, or once a post after one that was lost with its run. */
function repeatedTexts(channel: Channel, post: string, orders: readonly Order[]): string[] {
  const problems: string[] = [];
  let unknown = 0;
  for (const [stage, same] of Map.groupBy(orders, (order) => order.stage)) {
    for (const [index, order] of same.entries()) {
      const next = same[index + 1];
      if (!next || order.outcome === 'useless') continue;
      const places = [`journal/${post}.json`, `${SETTINGS.folders.fresh}${post}.json`];
      if (wasKept(channel, order, next.at, order.mark, places))
        problems.push(`I3 ${post}: ${stage} asked for again although ${order.mark} was kept`);
      else unknown += 1;
    }
    if (same.length > POLICY.maxRetries + 1 + MOST_UNKNOWN)
      problems.push(`I6 ${post}: ${stage} asked for ${same.length} times in all`);
    for (const [run, asked] of Map.groupBy(same, (order) => order.by)) {
      if (asked.length > SETTINGS.content.answerRetries + 1)
        problems.push(`I6 ${post}: ${run} asked for ${stage} ${asked.length} times`);
    }
  }
  if (unknown > MOST_UNKNOWN) problems.push(`I3 ${post}: texts were written ${unknown} times too often`);
  return problems;
}

/** Whether the order's result was durable before the next order was placed. */
function wasKept(
  channel: Channel,
  order: Order,
  until: number,
  mark: string,
  keys: readonly string[],
): boolean {
  return channel.bucket.history.some(
    (write) =>
      keys.includes(write.key) &&
      write.at >= order.at &&
      write.at <= until &&
      write.body !== null &&
      new TextDecoder().decode(write.body).includes(mark),
  );
}
