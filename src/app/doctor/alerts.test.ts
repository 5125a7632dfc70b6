/** What the doctor says of the ways to reach the owner, without using one of them. */
import { expect, test } from 'vitest';

import { readEnvironment, type Environment } from '../../config/environment.ts';
import { configSchema, type Config } from '../../config/schema.ts';
import { checkAlerts, checkReports } from './alerts.ts';

const SLACK = 'https://hooks.slack.com/services/T000/B000/marked-secret';
const DISCORD = 'https://discord.com/api/webhooks/123456/marked-secret';

function environmentOf(variables: Readonly<Record<string, string>>): Environment {
  const environment = readEnvironment(variables);
  if (!environment.ok) throw new Error(environment.failure.message);
  return environment.value;
}
const alerts = (config: object, variables: Readonly<Record<string, string>> = {}) =>
  checkAlerts(configSchema.parse(config), environmentOf(variables));
const email = (change: object) => ({
  ALERTS: { email: { host: 'smtp.example.com', user: 'mill@example.com', to: ['o@example.com'], ...change } },
});
const SMTP = { SMTP_PASSWORD: 'marked-secret' };

test('everybody who is told is named, and how to see whether a message arrives', () => {
  const config: object = {
    ALERTS: { telegram: { chat_id: -1001 }, ...email({ from: 'Mill <m@x.org>' }).ALERTS },
  };
  const found = alerts(config, {
    ...SMTP,
    TELEGRAM_BOT_TOKEN: '123:abc',
    ALERT_WEBHOOK_URL: 'https://example.com/hook',
    ALERT_SLACK_URL: SLACK,
    ALERT_DISCORD_URL: DISCORD,
  });
  expect(found).toMatchObject({ check: 'alerts', verdict: 'ok', remedy: null });
  expect(found.evidence).toMatch(
    /^Trouble is told by Telegram, a webhook, Slack, Discord, e-mail; `reelmill alerts test`/,
  );
});

test('nobody to tell is a choice, and is said', () => {
  expect(alerts({})).toMatchObject({
    verdict: 'ok',
    evidence: expect.stringMatching(/^Nobody is told .*; better have yourself told/),
  });
  const found = alerts({ SCHEDULE: { ready_by: '08:00' } });
  expect(found).toMatchObject({
    verdict: 'ok',
    evidence: expect.stringMatching(/no post is ready by 08:00;/),
  });
});

test.each<readonly [object, Readonly<Record<string, string>>, RegExp]>([
  [{ ALERTS: { telegram: { chat_id: 5 } } }, {}, /^Nobody .* but TELEGRAM_BOT_TOKEN is not\./],
  [{ ALERTS: { telegram: { chat_id: 'my chat' } } }, { TELEGRAM_BOT_TOKEN: '1:a' }, /chat_id is neither/],
  [{}, { ALERT_SLACK_URL: DISCORD }, /ALERT_SLACK_URL is a webhook of Discord/],
  [{}, { ALERT_DISCORD_URL: SLACK }, /ALERT_DISCORD_URL is a webhook of Slack/],
  [{}, { ALERT_WEBHOOK_URL: SLACK }, /ALERT_WEBHOOK_URL is a webhook of Slack/],
  [{}, { ALERT_SLACK_URL: 'https://app.slack.com/client/marked-secret' }, /ALERT_SLACK_URL is a page/],
  [{}, { ALERT_DISCORD_URL: 'https://discord.com/channels/1/marked-secret' }, /ALERT_DISCORD_URL is a page/],
  [email({ to: ['o@example.com', 'the owner'] }), SMTP, /no address in the owner\./],
  [email({ user: 'mill' }), SMTP, /ALERTS\.email\.user is no address/],
  [email({ from: 'mill' }), SMTP, /ALERTS\.email\.from is no address/],
  [email({ host: 'smtp.example.com:587' }), SMTP, /not the bare name/],
  [email({ port: 25 }), SMTP, /port is 25/],
  [email({}), {}, /SMTP_PASSWORD is not/],
])('what cannot be right is named, without a secret: %j %j', (config, variables, words) => {
  const found = alerts(config, variables);
  expect(found).toMatchObject({ verdict: 'warning', evidence: expect.stringMatching(words) });
  expect(found.remedy).toContain('reelmill alerts test');
  expect(JSON.stringify(found)).not.toContain('marked-secret');
});

test.each([
  { ALERT_SLACK_URL: `${DISCORD}/slack` },
  { ALERT_SLACK_URL: 'https://mattermost.example.com/hooks/x' },
  { ALERT_DISCORD_URL: 'https://discordapp.com/api/v10/webhooks/1/x-y_z' },
  { ALERT_WEBHOOK_URL: 'http://127.0.0.1:8080/' },
])('what may well be right is left alone: %j', (variables) => {
  expect(alerts({}, variables)).toMatchObject({ verdict: 'ok' });
});

test('reports of PiAPI are looked at once one half of them is set up', () => {
  const secret = { MIDJOURNEY_WEBHOOK_SECRET: 'marked-secret-of-24-chars' };
  const config = (address: string | null): Config =>
    configSchema.parse({ API_KEYS: { midjourney: { webhook_url: address } } });
  const good = 'https://mill.example.com/webhooks/piapi';
  expect(checkReports(config(null), environmentOf({}))).toBeNull();
  expect(checkReports(config(good), environmentOf(secret))).toMatchObject({
    check: 'reports',
    verdict: 'ok',
  });
  const cases: readonly (readonly [string | null, object, RegExp])[] = [
    [good, {}, /MIDJOURNEY_WEBHOOK_SECRET is not/],
    [null, secret, /webhook_url is not/],
    ['https://mill.example.com/', secret, /does not end in \/webhooks\/piapi/],
    ['http://localhost:8788/webhooks/piapi', secret, /cannot reach/],
  ];
  for (const [address, variables, words] of cases)
    expect(checkReports(config(address), environmentOf({ ...variables }))).toMatchObject({
      verdict: 'warning',
      evidence: expect.stringMatching(words),
    });
});
