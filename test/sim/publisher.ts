/** The external publisher: it takes a ready post from the front, and later writes back the document that it had read. It knows nothing of etags. */
import type { Channel } from './channel.ts';
import { SETTINGS } from './settings.ts';

const key = SETTINGS.documents.public;

/** Appends `id` (spelled as the tool spells it) to what it reads now, and writes that after `seconds`. */
export function publish(channel: Channel, id: string, seconds = 0, spelling = id): void {
  const document = readable(channel);
  if (document === null) return;
  if (seconds === 0) append(channel, document, id, spelling);
  else channel.world.at(channel.world.time + seconds, () => append(channel, document, id, spelling));
}

/** Writes what was read, with `id` appended; nobody compares. */
export function append(
  channel: Channel,
  read: Readonly<Record<string, unknown>>,
  id: string,
  spelling = id,
): void {
  const { generation_id: before } = read;
  const listed: readonly unknown[] = Array.isArray(before) ? before : before ? [before] : [];
  const entries = listed.includes(spelling) ? listed : [...listed, spelling];
  const text = JSON.stringify({ ...read, generation_id: entries });
  channel.bucket.write('publisher', key, new TextEncoder().encode(text));
  channel.published.push(id);
}

/** `null` while somebody's mistake makes it unreadable: the publisher comes back another day. */
function readable(channel: Channel): Record<string, unknown> | null {
  try {
    return channel.bucket.json(key);
  } catch {
    return null;
  }
}
