/** An alert as plain text. Each service has its own limit, and a message over it is refused whole, which is worse than a cut one. */
import type { AlertMessage } from '../../domain/alerts.ts';

/** One line: `[channel] A run failed`. */
export function subjectOf({ channel, title }: AlertMessage): string {
  return `[${oneLine(channel)}] ${oneLine(title)}`;
}

/** Title, words, post and time, at most `limit` UTF-16 units long. */
export function textOf(message: AlertMessage, limit: number): string {
  const { at_utc, id, recovered, since_utc, text } = message;
  const mark = recovered ? '✅' : message.kind === 'mock' || message.kind === 'test' ? 'ℹ️' : '⚠️';
  const head = `${mark} ${subjectOf(message)}`;
  const time = recovered ? `From ${minute(since_utc)} to ${minute(at_utc)} UTC.` : `${minute(at_utc)} UTC.`;
  const foot = id === null ? time : `Post ${id}. ${time}`;
  const room = Math.max(0, limit - head.length - foot.length - 2);
  return cut(`${head}\n${cut(text, room)}\n${foot}`, limit);
}

/** Never in the middle of a character. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = Math.max(0, limit - 1);
  const whole = /[\uD800-\uDBFF]/.test(text.charAt(end - 1)) ? end - 1 : end;
  return `${text.slice(0, whole)}…`.slice(0, limit);
}

function minute(moment: string): string {
  return moment.slice(0, 16).replace('T', ' ');
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
