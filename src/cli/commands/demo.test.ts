/** What the demo tells people to type next. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

import { lookCommand } from './demo.ts';

const ROOT = path.join(import.meta.dirname, '..', '..', '..');

test('the command that looks at the demo’s channel names the sample where it really lies', () => {
  expect(lookCommand(ROOT, path.join(ROOT, 'demo-output/a'), 'ru')).toBe(
    'npx reelmill status --store folder:demo-output/a --config samples/ru/config.json',
  );
  const elsewhere = lookCommand('/srv/some where', '/srv/some where/demo output', 'en');
  const [, store, config = ''] = /--store '([^']+)' --config (\S+)$/.exec(elsewhere) ?? [];
  expect(store).toBe('folder:demo output');
  expect(path.isAbsolute(config) && existsSync(config)).toBe(true);
});
