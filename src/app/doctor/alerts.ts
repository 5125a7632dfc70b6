/**
 * Who is told when something is wrong, and the reports that `serve` waits for. Nothing is sent: a doctor that is asked
 * every hour must wake nobody. So only what cannot be right is found here; whether a message arrives, the owner has to see.
 */
import { WEBHOOK_PATH } from '../../adapters/piapi/webhook.ts';
import { alertTargets, type AlertTarget } from '../../config/alert-targets.ts';
import type { Environment } from '../../config/environment.ts';
import { missingForReports } from '../../config/report-settings.ts';
import type { Config } from '../../config/schema.ts';
import { fine, warning, type CheckResult } from './check-result.ts';

const NAMES: Readonly<Record<AlertTarget, string>> = {
  telegram: 'Telegram',
  webhook: 'a webhook',
  slack: 'Slack',
  discord: 'Discord',
  email: 'e-mail',
};
const TRY = '`reelmill alerts test` sends a message and shows whether it is taken';
const REMEDY = `Correct it as docs/alerts.md has it; afterwards ${TRY}.`;
/** Not a warning: else no new channel would ever be without one, and nobody would look at the others. */
const RECOMMENDED = 'better have yourself told, CHANNEL.md and docs/alerts.md say how in three steps';
/** The port by which servers take mail from each other; most networks close it to everybody else. */
const SERVERS_PORT = 25;

export function checkAlerts(config: Config, environment: Environment): CheckResult {
  const check = 'alerts';
  const { problems, usable } = alertTargets(config, environment);
  const wrong = [...problems, ...implausible(config, environment, usable)];
  const seen = usable.length === 0 ? nobody(config) : `Trouble is told by ${named(usable)}`;
  if (wrong.length > 0) return warning(check, `${seen}. ${wrong.join(' ')}`, REMEDY);
  return fine(check, usable.length === 0 ? `${seen}; ${RECOMMENDED}` : `${seen}; ${TRY}`);
}

function named(targets: readonly AlertTarget[]): string {
  return targets.map((target) => NAMES[target]).join(', ');
}

/** A choice, and no fault: who looks at the channel every day needs no alerts. */
function nobody({ SCHEDULE: { ready_by: readyBy } }: Config): string {
  const late = readyBy === null ? '' : `, or when no post is ready by ${readyBy}`;
  return `Nobody is told when a run fails${late}`;
}

/** A sentence for each setting that cannot be what its name says. None shows an address that is a secret. */
function implausible(config: Config, environment: Environment, usable: readonly AlertTarget[]): string[] {
  const has = (target: AlertTarget): boolean => usable.includes(target);
  return [
    ...(has('telegram') ? chatProblems(config.ALERTS.telegram.chat_id) : []),
    ...addressProblems(environment),
    ...(has('email') ? mailProblems(config.ALERTS.email) : []),
  ];
}

function chatProblems(chat: string | number | null): string[] {
  return /^(-?\d+|@\w{4,})$/.test(String(chat))
    ? []
    : ['ALERTS.telegram.chat_id is neither a number nor the `@name` of a public channel.'];
}

/** Other services speak the formats of Slack and Discord, so that only an address of these two themselves can be judged. */
function addressProblems({ alertDiscordUrl, alertSlackUrl, alertWebhookUrl }: Environment): string[] {
  const variables = [
    ['ALERT_WEBHOOK_URL', alertWebhookUrl, null],
    ['ALERT_SLACK_URL', alertSlackUrl, 'Slack'],
    ['ALERT_DISCORD_URL', alertDiscordUrl, 'Discord'],
  ] as const;
  return variables.flatMap(([name, secret, wanted]) => {
    const url = secret === null ? null : URL.parse(secret.reveal());
    if (url === null) return [];
    const format = formatOf(url);
    if (format === null || format === wanted) return [];
    if (format === 'page') return [`${name} is a page to look at, not the address of a webhook.`];
    return [`${name} is a webhook of ${format}, which takes no other format; its place is another variable.`];
  });
}

/** What an address of Slack or Discord takes: `page` is none of their webhooks. Null: of neither. */
function formatOf({ hostname, pathname }: URL): 'Slack' | 'Discord' | 'page' | null {
  const path = pathname.replace(/\/+$/, '');
  if (hostname === 'hooks.slack.com')
    return /^\/(services|workflows|triggers)\/.+/.test(path) ? 'Slack' : 'page';
  if (/(^|\.)slack\.com$/.test(hostname)) return 'page';
  if (!/(^|\.)discord(app)?\.com$/.test(hostname)) return null;
  const [, kind] = /^\/api(?:\/v\d+)?\/webhooks\/\d+\/[\w-]+(?:\/(slack|github))?$/.exec(path) ?? [
    '',
    'page',
  ];
  if (kind === undefined) return 'Discord';
  return kind === 'slack' ? 'Slack' : 'page';
}

function mailProblems({ from, host, port, to, user }: Config['ALERTS']['email']): string[] {
  const bad = (text: string): boolean => !/^(?:[^<>]*<)?[^\s@<>,]+@[^\s@<>,]+>?$/.test(text.trim());
  const badRecipients = to.filter(bad);
  const sender = from ?? user ?? '';
  return [
    ...(badRecipients.length > 0 ? [`ALERTS.email.to has no address in ${badRecipients.join(', ')}.`] : []),
    ...(bad(sender) ? [`ALERTS.email.${from === null ? 'user' : 'from'} is no address to send from.`] : []),
    ...(host !== null && /[/@\s]|:\d+$/.test(host)
      ? ['ALERTS.email.host is not the bare name of a server, such as smtp.example.com.']
      : []),
    ...(port === SERVERS_PORT
      ? ['ALERTS.email.port is 25, which most networks close; 587 or 465 is for customers.']
      : []),
  ];
}

/** Null: neither half is set up, and a picture is asked after at the times of the schedule. */
export function checkReports(config: Config, environment: Environment): CheckResult | null {
  const check = 'reports';
  const missing = missingForReports(config, environment);
  if (missing !== null)
    return warning(check, missing, 'Set both for `reelmill serve`, or neither; docs/serve.md has them.');
  const { webhook_url: address } = config.API_KEYS.midjourney;
  if (address === null) return null;
  const { hostname, pathname } = new URL(address);
  if (!pathname.endsWith(WEBHOOK_PATH))
    return warning(
      check,
      `API_KEYS.midjourney.webhook_url does not end in ${WEBHOOK_PATH}, where \`reelmill serve\` listens`,
      'Correct it, unless a server in front of it passes that path on.',
    );
  if (hostname === 'localhost' || /^(127\.|\[::1\]$)/.test(hostname))
    return warning(
      check,
      'API_KEYS.midjourney.webhook_url names this machine itself, which PiAPI cannot reach',
      'Write the public address of `reelmill serve`; docs/serve.md says what to put in front of it.',
    );
  return fine(check, 'PiAPI is asked to report finished pictures to `reelmill serve`');
}
