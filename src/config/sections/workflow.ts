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
      'How often a failed picture is ordered again before the post gets mock media, and a useless text asked for again before the post is dropped.',
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
      'How long a run owns the channel without renewing its claim. Lengthened where, less clock_bound_seconds, it would not outlast the longest single request by a minute.',
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

export const schedule = section('When `reelmill serve` runs; other schedulers have their own times.', {
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
    'Time by which a ready post must lie in the store; the first run after it that finds none sends an alert.',
  ),
});

export const serve = section('How `reelmill serve` listens and ends.', {
  host: field(line, '127.0.0.1', 'Address to listen on; `0.0.0.0` for everybody who can reach this machine.'),
  port: field(z.int().min(0).max(65_535), 8788, 'Port of /health and of the webhooks; 0 takes a free one.'),
  stop_seconds: field(
    seconds(1, 3_600),
    25,
    'How long a step may go on after SIGTERM before the process ends in the middle of it.',
    'seconds',
  ),
});

export const alerts = section(
  'Who is told that a channel needs help. The secret halves come from the environment: TELEGRAM_BOT_TOKEN, ALERT_WEBHOOK_URL, ALERT_SLACK_URL, ALERT_DISCORD_URL, SMTP_PASSWORD.',
  {
    name: field(line.nullable(), null, 'Name of the channel in alerts; null means that of its store.'),
    telegram: section('A Telegram chat.', {
      chat_id: field(
        z.union([line, z.int()]).nullable(),
        null,
        'Chat to write to, such as `-1001234567890` or `@name`; null writes to none.',
      ),
      api_url: field(webAddress, 'https://api.telegram.org', 'Address of the Bot API.'),
    }),
    email: section('E-mail by SMTP. Port 465 is TLS from the start; any other must offer STARTTLS.', {
      host: field(line.nullable(), null, 'SMTP server; null sends no e-mail.'),
      port: field(z.int().min(1).max(65_535), 587, 'Its port.'),
      user: field(line.nullable(), null, 'Name to log in with; null logs in nowhere.'),
      from: field(line.nullable(), null, 'Sender; null means the user.'),
      to: field(z.array(line).max(20), [], 'Recipients.'),
    }),
  },
);
