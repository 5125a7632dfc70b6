/** The demo plays what a channel's schedule says; the posts that it makes are opened by test/package.test.ts. */
import { expect, test } from 'vitest';

import { defaultConfig } from '../config/schema.ts';
import { scheduledRuns } from './demo.ts';

test('R1 the demo plays every run of two days, the look at ready_by too, and the evening after', () => {
  const { SCHEDULE } = defaultConfig();
  const config = { ...defaultConfig(), SCHEDULE: { ...SCHEDULE, ready_by: '06:00' } };
  expect(scheduledRuns(config).map(({ day, hour, mode }) => `${day} ${hour} ${mode}`)).toEqual([
    '1 20.5 main',
    '1 21.5 check',
    '1 25.5 check',
    '1 30 check',
    '2 20.5 main',
    '2 21.5 check',
    '2 25.5 check',
    '2 30 check',
    '3 20.5 main',
  ]);
});
