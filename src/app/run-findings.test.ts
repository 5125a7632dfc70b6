import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { idOf } from '../../test/support/channel-samples.ts';
import { valueOf } from '../../test/support/mill.ts';
import { readEnvironment } from '../config/environment.ts';
import { configSchema } from '../config/schema.ts';
import type { RunReport } from '../runtime/run-channel.ts';
import { findingsOf, type RunFindings } from './run-findings.ts';

const ID = '20260131-2030';
const CONFIG = configSchema.parse({});

/** The findings after a run, and the files of its report. */
async function found(
  stop: RunReport['stop'],
  id: string | null = ID,
): Promise<[RunFindings['post'], string[]]> {
  const place = await mkdtemp(join(tmpdir(), 'reelmill-findings-'));
  try {
    await mkdir(join(place, 'posts/666'), { recursive: true });
    await mkdir(join(place, 'report'));
    await writeFile(join(place, 'posts/666', `${ID}.json`), JSON.stringify({ topic: 'Clocks' }));
    await writeFile(join(place, 'posts/666', `${ID}.png`), 'a picture');
    const environment = valueOf(readEnvironment({ REELMILL_STORE: `folder:${join(place, 'posts')}` }));
    const report: RunReport = {
      stop,
      id: id === null ? null : idOf(id),
      tasksProcessed: 0,
      actions: [],
      failure: null,
    };
    const folder = join(place, 'report');
    const { post } = await findingsOf(CONFIG, environment, report, new Date(0), folder);
    return [post, await readdir(folder)];
  } finally {
    await rm(place, { recursive: true });
  }
}

test('the picture of a post that the run has finished is put beside its report', async () => {
  expect(await found('task-done')).toEqual([
    { topic: 'Clocks', media: null, picture: `${ID}.png` },
    [`${ID}.png`],
  ]);
});

test.each(['waiting', 'failed', 'interrupted', 'part-done'] as const)(
  'a run that ends as %s has a post and no picture to show: what lies there may still be replaced',
  async (stop) => {
    expect(await found(stop)).toEqual([{ topic: 'Clocks', media: null, picture: null }, []]);
  },
);

test('a run that worked on no post tells of none', async () => {
  expect(await found('stocked', null)).toEqual([null, []]);
});
