/**
 * Time and repetition. Every wait and every retry of Reelmill has its bound here, and every bound has a bound itself:
 * a run that may wait for ever is a channel that silently stops.
 */
import { z } from 'zod';
import { field, flag, line, seconds, section, timeOfDay, webAddress } from '../fields.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;

export const workflow = section(
  'How runs behave.',
  {
    max_tasks_per_run: field(z.int().min(1).max(20), 1, 'Full posts that one run may finish.', 'posts'),
    mj_timeout_seconds: field(
      seconds(60, 7 * DAY),
      18_000,
      'How long a picture is waited for before a mock takes its place.',
      'seconds',
    ),
    runway_polling_timeout: field(
      seconds(10, 2 * HOUR),
      300,
      'How long one run waits for the video.',
      'seconds',
    ),
    runway_polling_interval: field(
      seconds(5, 600),
      15,
      'Pause between two questions; Runway asks for at least 5.',
      'seconds',
    ),
    max_retries: field(
      z.int().min(0).max(20),
      3,
      'Failed picture submissions before the post gets mock media.',
      'attempts',
    ),
    retry_backoff_seconds: field(
      seconds(0, DAY),
      600,
      'Shortest pause before a failed submission is repeated.',
      'seconds',
    ),
    lease_seconds: field(
      seconds(60, 6 * HOUR),
      900,
      'How long a run owns the channel without renewing its claim.',
      'seconds',
    ),
    clock_bound_seconds: field(
      seconds(1, 600),
      30,
      'How far the clocks of two runners may differ.',
      'seconds',
    ),
    lock_stale_seconds: field(
      seconds(600, 7 * DAY),
      21_600,
      'Age at which a processing_lock that names no owner is taken over.',
      'seconds',
    ),
    replace_mock_with_late_result: field(
      flag,
      true,
      'Whether a picture that arrives after its timeout still takes the place of the mock.',
    ),
  },
  (values, context) => {
    if (values.runway_polling_interval > values.runway_polling_timeout) {
      context.addIssue({
        code: 'custom',
        path: ['runway_polling_interval'],
        message: 'is longer than runway_polling_timeout, so the video would never be asked for twice',
        params: {
          suggestion: `Write at most ${values.runway_polling_timeout}, or raise runway_polling_timeout.`,
        },
      });
    }
  },
);

const timezone = line.refine((name) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false;
  }
}, 'is not a time zone that this machine knows, such as `UTC` or `Europe/Berlin`');

export const schedule = section('When `reelmill schedule` runs; other schedulers ignore it.', {
  main: field(timeOfDay, '20:30', 'Time of the main run.'),
  checks: field(
    z.array(timeOfDay).max(48),
    ['21:30', '01:30'],
    'Times of the check runs, which never start a new post.',
  ),
  timezone: field(timezone, 'UTC', 'Zone of these times.'),
  ready_by: field(
    timeOfDay.nullable(),
    null,
    'Time by which the next post should be ready; later is reported as late.',
  ),
});

export const alerts = section(
  'Where a person is told that a channel needs help. Reserved: nothing is sent yet.',
  {
    telegram: section('A Telegram chat.', {
      chat_id: field(line.nullable(), null, 'Chat to write to; null writes to none.'),
    }),
    webhooks: field(
      z
        .array(
          z.looseObject({
            url: webAddress.meta({ description: 'Address that is posted to.' }),
            format: z
              .enum(['json', 'slack', 'discord'])
              .default('json')
              .meta({ description: 'Shape of the body.' }),
          }),
        )
        .max(20),
      [],
      'Addresses that receive a POST.',
    ),
  },
);
