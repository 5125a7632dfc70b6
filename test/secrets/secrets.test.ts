/**
 * I8 as a whole: a day of a channel in real processes that say as much as they can, with services that repeat every secret
 * they are told; then nothing that was printed, written, sent or stored holds a piece of one.
 */
import { expect, test } from 'vitest';

import { EXIT } from '../../src/cli/exit-codes.ts';
import { House, type Ended } from './house.ts';
import { formsOf, MARKS, marksIn, type MarkName } from './marks.ts';

/** Much longer than it takes: its processes have to share their machine with the other tests. */
const PATIENCE = 300_000;
/** Longer than a picture takes. */
const HOURS = 4_000;

/** Breaks the client in the middle of a request, so that a bug's words and causes hold the key. */
const BUG = `import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
const { request } = http;
http.request = (address, options, ...rest) => {
  const key = options?.headers?.['x-api-key'];
  if (key === undefined) return request(address, options, ...rest);
  throw new Error('broken while it held ' + key, { cause: options });
};
syncBuiltinESMExports();`;
const UNCAUGHT = `setTimeout(() => { throw Object.assign(new Error('lost ' + process.env.OPENAI_API_KEY), { variables: process.env }); }, 20);`;

const done = async (running: Promise<Ended>, code: number, wanted: RegExp | string = ''): Promise<void> => {
  const ended = await running;
  const all = `${ended.out}\n${ended.told}`;
  expect(ended.code, all).toBe(code);
  expect(all).toMatch(wanted);
};

/** Before the channel works at all: its configuration, its machine, its people. */
async function morning(house: House): Promise<void> {
  await done(house.reelmill(['config', 'check', '--json']), EXIT.done, 'looks like a secret');
  const wrong = await house.write('given/wrong.json', wrongConfig());
  const cut = await house.write('given/cut.json', `{"OPENAI_API_KEY": ${MARKS.OPENAI_API_KEY}}`);
  const variables = await house.write('given/variables.env', `SMTP_PASSWORD='${MARKS.SMTP_PASSWORD}'\n`);
  const mistyped = ['status', '--env-file', variables, '--store', MARKS.SMTP_PASSWORD];
  await Promise.all([
    done(house.reelmill(['config', 'check', '--config', wrong]), EXIT.config, 'SCHEDULE.main'),
    done(house.reelmill(['config', 'check', '--config', cut]), EXIT.config, 'line 1'),
    done(house.reelmill(mistyped, { SMTP_PASSWORD: undefined }), EXIT.usage, '[redacted]'),
  ]);
  house.mailIsKind = false;
  house.parrot.moods = {
    openai: 'refuses',
    piapi: 'refuses',
    runway: 'refuses',
    otlp: 'refuses',
    alerts: 'refuses',
  };
  await done(house.action('doctor'), EXIT.problem, 'provider.runway');
  await done(house.reelmill(['alerts', 'test', '--json']), EXIT.provider, '"discord"');
}

/** As somebody writes it who thinks that keys belong here. */
function wrongConfig(): string {
  return JSON.stringify({
    API_KEYS: { openai: { api_key: MARKS['API_KEYS.openai.api_key'] } },
    SCHEDULE: { main: MARKS.RUNWAY_API_KEY },
    ALERTS: {
      telegram: {
        chat_id: true,
        api_url: `https://mill:${MARKS['API_KEYS.midjourney.webhook_url']}@example.com`,
      },
      email: { password: [MARKS['ALERTS.email.password']], port: MARKS.SMTP_PASSWORD },
    },
  });
}

/** A main run and its checks, everything of which fails at least once. */
async function day(house: House): Promise<void> {
  const { parrot, sandbox } = house;
  const main = ['run', '--zero-delay'];
  const step = async (running: Promise<Ended>, code: number, wanted: RegExp | string = ''): Promise<void> => {
    await done(running, code, wanted);
    await house.collect();
  };
  await step(house.action('main'), EXIT.provider, 'HTTP 401');
  parrot.moods = { openai: 'declines', alerts: 'babbles', otlp: 'babbles' };
  await step(house.reelmill(main), EXIT.provider, 'refused by the model');
  parrot.moods = { piapi: 'refuses' };
  await step(house.reelmill([...main, '--json', '--report', house.path('report/refused')]), EXIT.provider);
  parrot.moods = {};
  await step(house.reelmill(main), EXIT.done);
  parrot.moods = { piapi: 'babbles' };
  await step(house.reelmill(['run', '--check', '--json']), EXIT.provider, 'not JSON');
  const bug = await house.write('given/bug.mjs', BUG);
  await step(
    house.reelmill(['run', '--check'], { NODE_OPTIONS: `--import=${bug}` }),
    EXIT.bug,
    'while it held',
  );
  parrot.moods = {};
  await sandbox.advance(HOURS);
  await step(house.reelmill(['check-image', '--json']), EXIT.done);
  parrot.moods = { openai: 'babbles', runway: 'refuses' };
  await step(house.action('check'), EXIT.done);
  house.mailIsKind = true;
  parrot.moods = {};
  await step(house.reelmill([...main, '--json']), EXIT.done);
  await sandbox.advance(HOURS);
  parrot.moods = { runway: 'fails' };
  await step(house.action('check'), EXIT.done);
  parrot.moods = { piapi: 'fails' };
  await step(house.reelmill(main), EXIT.done);
  parrot.moods = { s3: 'refuses' };
  await step(house.action('main', { B2_ENDPOINT: `${parrot.origin}/s3` }), EXIT.store, 'InvalidAccessKeyId');
}

/** What a person looks at afterwards. */
async function evening(house: House): Promise<void> {
  house.parrot.moods = {};
  const id = [...house.collected.keys()].join('\n').match(/666\/(\d{8}-\d{4})\.json/)?.[1] ?? '';
  const looks = [
    ['status', '--json'],
    ['explain', id],
    ['explain', id, '--json'],
    ['history', '--json'],
    ['costs'],
    ['show', id],
    ['repair', '--json'],
    ['run', '--dry-run'],
  ];
  while (looks.length > 0)
    await Promise.all(looks.splice(0, 4).map((words) => done(house.reelmill(words), EXIT.done)));
  const uncaught = await house.write('given/uncaught.mjs', UNCAUGHT);
  await done(house.reelmill(['status'], { NODE_OPTIONS: `--import=${uncaught}` }), EXIT.bug, 'lost');
  await house.collect();
}

test(
  'I8 no secret is in any output, object or file of a whole day, though every service repeats what it was told',
  async () => {
    await using house = await House.open();
    await morning(house);
    await day(house);
    await evening(house);
    const { collected, mails, parrot } = house;
    const everything = [
      ...collected,
      ...parrot.told.map((body, index) => [`message ${index}`, body] as const),
      ...mails.map((mail, index) => [`mail ${index}`, mail] as const),
    ];
    const leaks = [...new Map(everything.map(([where, text]) => [text, where]))].flatMap(([text, where]) =>
      [...marksIn(text)].map(([name, around]) => `${name} in ${where}: ${around}`),
    );
    expect(leaks).toEqual([]);
    // A day on which nobody repeated a secret, or nothing was made of it, would pass as well.
    expect([...parrot.repeated].sort()).toEqual(HEARD.toSorted());
    expect(house.mailHasRepeated).toBe(true);
    const hidden = everything.filter(([, text]) => text.includes('redacted')).map(([where]) => where);
    for (const place of REDACTED_PLACES)
      expect(
        hidden.some((where) => place.test(where)),
        String(place),
      ).toBe(true);
    for (const place of PLACES)
      expect(
        everything.some(([where]) => place.test(where)),
        String(place),
      ).toBe(true);
  },
  PATIENCE,
);

/** A server is never told the secret key of the bucket, and nothing reads keys out of the file. */
const NEVER_SENT: ReadonlySet<MarkName> = new Set<MarkName>([
  'B2_SECRET_KEY',
  'SMTP_PASSWORD',
  'API_KEYS.openai.api_key',
  'API_KEYS.midjourney.api_key',
  'ALERTS.email.password',
]);
const HEARD = (Object.keys(MARKS) as MarkName[]).filter((name) => !NEVER_SENT.has(name));

/** Where the words of services end up. */
const REDACTED_PLACES = [
  /^output of \d+: alerts test/,
  /^log of \d+: run/,
  /^object journal\/\d/,
  /^object journal\/alerts/,
  /^object ledger\//,
  /^object config\/config_midjourney/,
  /^file .*job-page\.md/,
  /^file .*report\.json/,
  /^file .*run\.log/,
  /^message /,
];
const PLACES = [/^object .*\.mp4/, /^object .*\.png/, /^object locks\//, /^mail /];

test('I8 the search finds a mark in every encoding, and a piece of twelve characters', () => {
  for (const [name, mark] of Object.entries(MARKS)) {
    for (const form of [...formsOf(mark), mark.slice(10, 22)])
      expect([...marksIn(`before ${form} after`).keys()], `${name} as ${form}`).toEqual([name]);
    expect(marksIn(`before ${mark.slice(10, 21)} after`).size).toBe(0);
  }
});
