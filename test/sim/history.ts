/** What happened in a world, line by line, so that two lives of one seed can be compared. */
import type { Channel } from './channel.ts';

/** Every write, every order and the end of every run, with its moment. Equal for equal seeds. */
export function historyOf(channel: Channel): string[] {
  const decoder = new TextDecoder();
  const writes = channel.bucket.history.map(
    ({ at, by, kind, key, body }) =>
      `${at} ${by} ${kind} ${key} ${body === null ? '' : decoder.decode(body).replaceAll(/\s+/g, ' ')}`,
  );
  const orders = channel.providers.orders.map(
    ({ at, by, kind, stage, post, taskId, outcome }) =>
      `${at} ${by} ordered ${kind} ${stage} for ${post}: ${taskId} ${outcome}`,
  );
  const ends = channel.runs.map(({ process, report }) => {
    const actions = report?.actions.map(({ action, event }) => `${action}/${event}`).join(' ') ?? '';
    return `${process.name} ${process.operations} operations, ${report?.stop ?? 'no end'} ${actions} ${process.trace.join(' ')}`;
  });
  return [...writes, ...orders, ...ends];
}
