/** Follows one channel while it lives, for reading what led to a violation. */
import type { Channel } from './channel.ts';

export function describeChannel(channel: Channel): void {
  const say = (message: string, fields?: Readonly<Record<string, unknown>>): void =>
    console.log(`${stamp(channel)} ${message} ${fields ? JSON.stringify(fields) : ''}`);
  channel.log = { debug: say, info: say, warn: say, error: say };
  const write = channel.bucket.write.bind(channel.bucket);
  channel.bucket.write = (by, key, body) => {
    const text = new TextDecoder().decode(body);
    if (!key.startsWith('locks/') && !key.startsWith('journal/'))
      console.log(`${stamp(channel)} [${by}] put ${key} ${text.replaceAll(/\s+/g, ' ').slice(0, 400)}`);
    return write(by, key, body);
  };
  const remove = channel.bucket.remove.bind(channel.bucket);
  channel.bucket.remove = (by, key) => {
    if (!key.startsWith('locks/')) console.log(`${stamp(channel)} [${by}] delete ${key}`);
    remove(by, key);
  };
}

function stamp(channel: Channel): string {
  return new Date(channel.world.time * 1000).toISOString();
}
