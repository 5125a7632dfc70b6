import { access, readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';

import { SandboxClock } from './clock.ts';
import { FileHost } from './file-host.ts';

test('pictures that videos start from are bounded in number, the newest stay', async () => {
  const host = await FileHost.open(new SandboxClock(() => new Date(0)), () => 'http://127.0.0.1');
  try {
    for (let number = 0; number <= 200; number += 1) await host.keep(`video ${number}`, Buffer.from('x'));
    expect(host.kept('video 0')).toBeUndefined();
    const newest = host.kept('video 200') ?? '';
    await access(newest);
    expect(await readdir(path.dirname(newest))).toHaveLength(200);
  } finally {
    await host.close();
  }
});
