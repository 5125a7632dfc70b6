/** `explain`, `show`, `history` and `repair` as a user types them, on a channel in a folder. */
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pc from 'picocolors';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Cli } from '../cli.ts';
import { main } from '../main.ts';
import { storyLines } from '../output/story.ts';
import { pictureProtocol, pictureSequence } from '../output/terminal-picture.ts';

const ID = '20260131-2030';
const ESCAPE = '\u001B';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reelmill-posts-'));
  await mkdir(join(folder, 'channel'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Told {
  readonly out: string;
  readonly told: string;
  readonly code: number | null;
}

async function reelmill(words: string[], terminal: Record<string, string> | null = null): Promise<Told> {
  const file = join(folder, 'config.json');
  await writeFile(file, '{}');
  const out: string[] = [];
  const told: string[] = [];
  let code: number | null = null;
  const cli: Cli = {
    variables: { REELMILL_LOG_LEVEL: 'error', ...terminal },
    print: (line) => void out.push(line),
    tell: (line) => void told.push(line),
    colors: pc.createColors(terminal !== null),
    live: false,
    signal: new AbortController().signal,
    setExitCode: (given) => void (code = given),
  };
  await main(['--config', file, '--store', `folder:${join(folder, 'channel')}`, ...words], cli);
  return { out: out.join('\n'), told: told.join('\n'), code };
}

async function put(key: string, body: unknown): Promise<void> {
  const file = join(folder, 'channel', key);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body));
}

async function everything(): Promise<Record<string, string>> {
  const names = await readdir(join(folder, 'channel'), { recursive: true, withFileTypes: true });
  const files = names.filter((name) => name.isFile()).map((name) => join(name.parentPath, name.name));
  const entries = await Promise.all(
    files.map(async (file) => [file, await readFile(file, 'latin1')] as const),
  );
  return Object.fromEntries(entries);
}

const at = (minute: number): string => `2026-01-31T20:${30 + minute}:00.000000+00:00`;
const JOURNAL = {
  version: 1,
  id: ID,
  entries: [
    {
      at_utc: at(0),
      type: 'decision',
      action: 'request-image',
      reason: 'the post is in phase submission',
    },
    {
      at_utc: at(0),
      type: 'intent',
      call: 'a',
      kind: 'image',
      stage: 'image',
      provider: 'piapi',
      model: 'midjourney',
      reserved_usd: 0.07,
    },
    {
      at_utc: at(1),
      type: 'settled',
      call: 'a',
      outcome: 'unknown',
      cost_usd: 0.07,
      measured: false,
      seconds: 61,
      detail: 'no answer came',
    },
    { at_utc: at(2), type: 'decision', action: 'check-image', reason: 'r' },
    { at_utc: at(3), type: 'decision', action: 'check-image', reason: 'r' },
    { at_utc: at(4), type: 'fallback', from: 'runway', to: 'mock video', reason: `it${ESCAPE}[31m failed` },
    { at_utc: at(5), type: 'file', key: `666/${ID}.mp4`, bytes: 6_000_000, sha256: 'a'.repeat(64) },
  ],
};

async function putPost(): Promise<void> {
  await put(`444/${ID}.json`, {
    topic: 'Clocks',
    content: `Tick.${ESCAPE}]0;owned\u0007 Tock.`,
    sarcasm: { comment: 'Late again.', poll: { question: 'When?', options: ['Now', 'Never', 'Soon'] } },
    script: 'A hand moves.',
    media: { image: 'midjourney', video: 'mock', reason: 'no video after 300 s' },
  });
  await put(`444/${ID}.png`, new Uint8Array([137, 80, 78, 71]));
  await put(`444/${ID}.mp4`, 'video');
  await put(`journal/${ID}.json`, JOURNAL);
}

test('D11 I7 explain: the story in plain words, with what is real; --json gives it raw', async () => {
  await putPost();
  const { out, code } = await reelmill(['explain', ID]);
  expect(code).toBe(0);
  expect(out).toContain('444/ (complete)');
  expect(out).toContain('real picture (Midjourney), mock video');
  expect(out).toContain('20:30:00  Ordering the picture, since the text was written and no picture ordered.');
  expect(out).toContain('nobody knows whether it was charged; counted as $0.07, estimated: no answer came.');
  expect(out).toContain('20:33:00  Asked for the picture 2 times.');
  expect(out).toContain('In place of runway came mock video');
  expect(out).toContain(`Stored 666/${ID}.mp4, 6.0 MB, sha256 aaaaaaaaaaaa…`);
  const raw = JSON.parse((await reelmill(['explain', ID, '--json'])).out) as Record<string, unknown>;
  expect(raw).toMatchObject({ ok: true, id: ID, journal: JOURNAL, costUsd: 0.07, phase: null });
});

test('I8 nothing that a model or provider wrote can steer the terminal', async () => {
  await putPost();
  for (const words of [['explain', ID], ['show', ID], ['history'], ['repair']])
    expect((await reelmill(words)).out).not.toContain(ESCAPE);
});

test('P4 D11 show: text, comment, poll, files and the truth about the media', async () => {
  await putPost();
  const { out, code } = await reelmill(['show', ID]);
  expect(code).toBe(0);
  for (const text of ['Tick.', 'Late again.', 'When?', '○ Never', 'A hand moves.', `444/${ID}.mp4`])
    expect(out).toContain(text);
  expect(out).toContain('real picture (Midjourney), mock video (camera move over the picture)');
  expect(out).toContain('no video after 300 s');
  const raw = JSON.parse((await reelmill(['show', ID, '--json'])).out) as Record<string, unknown>;
  expect(raw).toMatchObject({ ok: true, comment: 'Late again.', poll: { question: 'When?' } });
});

test('D11 show and explain tell media that are not made yet from media of an older tool', async () => {
  await put(`666/${ID}.json`, { topic: 'Clocks', content: 'Tick.' });
  await put(`journal/${ID}.json`, JOURNAL);
  for (const command of ['show', 'explain']) {
    const { out } = await reelmill([command, ID]);
    expect(out).toMatch(/Media\s+not made yet\n/);
    expect(out).not.toContain('older tool');
  }
  await put(`666/${ID}.png`, 'picture');
  for (const command of ['show', 'explain'])
    expect((await reelmill([command, ID])).out).toContain('not stated (the post was made by an older tool)');
});

test('P5 status and explain say that the video is waited for once it is ordered', async () => {
  await putPost();
  const waiting = {
    midjourney_task: null,
    midjourney_results: {},
    generation: false,
    status: null,
    picture: { source: 'midjourney', candidate: 1 },
  };
  await put('config/config_gen.json', { generation_id: ID });
  await put('config/config_midjourney.json', waiting);
  expect((await reelmill(['status'])).out).toContain('the video is next');
  const task = { task_id: 'v', requested_at_utc: at(1) };
  await put('config/config_midjourney.json', { ...waiting, video_task: task });
  for (const words of [['status'], ['explain', ID]]) {
    const { out } = await reelmill(words);
    expect(out).toContain('the video is being made');
    expect(out).not.toContain('the video is next');
  }
});

test('the picture is drawn only in a terminal that can, and not when it is not wanted', async () => {
  await putPost();
  const kitty = { TERM: 'xterm-kitty', KITTY_WINDOW_ID: '1' };
  expect((await reelmill(['show', ID], kitty)).out).toContain(`${ESCAPE}_Ga=T,f=100,`);
  expect((await reelmill(['show', ID], { TERM_PROGRAM: 'iTerm.app' })).out).toContain('1337;File=inline=1');
  for (const [words, terminal] of [
    [['show', ID], { TERM: 'xterm-256color' }],
    [['show', ID, '--no-picture'], kitty],
    [['show', ID, '--json'], kitty],
    [['show', ID], { ...kitty, TMUX: '/tmp/tmux' }],
  ] as const)
    expect((await reelmill([...words], terminal)).out).not.toMatch(/_G|1337/);
  expect(pictureProtocol({})).toBeNull();
});

test('a large picture goes to kitty in pieces that it takes, and arrives whole', () => {
  const png = Uint8Array.from({ length: 10_000 }, (_, index) => index % 251);
  const pieces = pictureSequence('kitty', png)
    .split(`${ESCAPE}\\`)
    .slice(0, -1)
    .map((piece) => piece.slice(`${ESCAPE}_G`.length).split(';'));
  expect(pieces.every(([, data]) => (data ?? '').length <= 4096)).toBe(true);
  expect(pieces.map(([control]) => control?.slice(-3))).toEqual(['m=1', 'm=1', 'm=1', 'm=0']);
  expect(Buffer.from(pieces.map(([, data]) => data).join(''), 'base64')).toEqual(Buffer.from(png));
});

test('C2 a post whose text is not finished is shown as far as it is written, and is no damage', async () => {
  await put('config/config_gen.json', { generation_id: ID });
  const named = await reelmill(['show', ID]);
  expect(named).toMatchObject({ code: 0, told: '' });
  expect(named.out).toContain('Its text is not finished; the next run goes on with it.');
  expect((await reelmill(['explain', ID])).out).toMatch(
    /State +being made: named, its text is not written yet/,
  );
  const draft = { topic: { full_topic: 'A clock', short_topic: 'clock' }, text: 'It ticks.' };
  await put(`journal/${ID}.json`, { version: 1, id: ID, entries: [], draft });
  const written = await reelmill(['show', ID]);
  expect(written.code).toBe(0);
  expect(written.out).toMatch(
    /^20260131-2030 {2}A clock\n[^]*\nText\n {2}It ticks\.\n[^]*not made yet[^]*none yet$/,
  );
  expect(JSON.parse((await reelmill(['show', ID, '--json'])).out)).toMatchObject({
    ok: true,
    text: 'It ticks.',
  });
  // Given up: nothing is going on with it any more.
  await put('config/config_gen.json', { generation_id: null });
  const dropped = await reelmill(['show', ID]);
  expect(dropped.code).toBe(0);
  expect(dropped.out).toContain('is not being made');
});

test('S3 an id that is none, and a post that is nowhere, are usage errors', async () => {
  for (const words of [
    ['explain', '../../etc/passwd'],
    ['show', '20261331-2030'],
    ['explain', '20250101-0000'],
    ['show', '20250101-0000', '--json'],
    ['history', '--limit', 'many'],
  ])
    expect((await reelmill(words)).code, words.join(' ')).toBe(2);
});

test('S1 explain: of a damaged journal neither a story nor a cost is claimed', async () => {
  await put(`666/${ID}.json`, { topic: 'Clocks', content: 'Tick.' });
  await put(`journal/${ID}.json`, '{');
  const { out } = await reelmill(['explain', ID]);
  expect(out).toMatch(/^Cost +not known$/m);
  expect(out).toContain('Its journal is damaged');
  expect(out).not.toContain('There is no journal');
});

test('status names the last run that failed, and why, until a run has not', async () => {
  const run = { seconds: 2, mode: 'main', stop: 'failed', id: null, actions: ['tidy', 'write-content'] };
  const failed = {
    ...run,
    at_utc: '2026-01-31T20:30:00.000000+00:00',
    failure: { code: 'provider_denied', message: 'Writing the topic failed with HTTP 401' },
  };
  await put('ledger/2026-01.json', { version: 1, month: '2026-01', calls: [], runs: [failed] });
  expect((await reelmill(['status'])).out).toMatch(
    /^Last run +2026-01-31 20:30 UTC: Writing the topic failed with HTTP 401$/m,
  );
  const good = { ...run, at_utc: '2026-01-31T21:30:00.000000+00:00', stop: 'waiting', failure: null };
  await put('ledger/2026-01.json', { version: 1, month: '2026-01', calls: [], runs: [failed, good] });
  expect((await reelmill(['status'])).out).not.toContain('Last run');
});

test('history: posts and runs, newest first', async () => {
  await putPost();
  await put('archive/20260130-2030.json', { topic: 'Bread' });
  const run = {
    at_utc: at(0),
    seconds: 65,
    mode: 'main',
    stop: 'failed',
    id: ID,
    actions: ['request-image'],
    failure: { code: 'provider_denied', message: 'no balance' },
  };
  await put('ledger/2026-01.json', { version: 1, month: '2026-01', calls: [], runs: [run] });
  const { out, code } = await reelmill(['history']);
  expect(code).toBe(0);
  expect(out).toMatch(/20260131-2030 {2}in 444\/ +real \+ mock video +5 min 00 s +\$0\.07 {2}Clocks/);
  expect(out.indexOf(ID)).toBeLessThan(out.indexOf('20260130-2030  archived'));
  expect(out).toMatch(
    /2026-01-31 20:30 {2}main {4}20260131-2030 +1 min 05 s +The run ended early. no balance/,
  );
  const raw = JSON.parse((await reelmill(['history', '--limit', '1', '--json'])).out) as { posts: unknown[] };
  expect(raw.posts).toHaveLength(1);
});

test('S1 repair: a look changes no file and exits with 5; --apply mends, keeps the former body, and exits with 0', async () => {
  await putPost();
  const damaged = '{"generation_id": "2026';
  await put('config/config_gen.json', damaged);
  await put('444/notes.txt', 'mine');
  const before = await everything();
  const look = await reelmill(['repair']);
  expect(look.code).toBe(5);
  expect(look.out).toContain('damaged-document  config/config_gen.json');
  expect(look.out).toContain('Nothing was changed.');
  expect(await everything()).toEqual(before);

  const applied = JSON.parse((await reelmill(['repair', '--apply', '--json'])).out) as {
    readonly quarantine: string;
    readonly findings: readonly { readonly kind: string; readonly outcome: string }[];
  };
  expect(applied.findings.map(({ kind, outcome }) => [kind, outcome])).toEqual([
    ['damaged-document', 'mended'],
    ['foreign-entry', 'reported'],
  ]);
  const kept = join(folder, 'channel', applied.quarantine, 'config/config_gen.json');
  expect(await readFile(kept, 'utf8')).toBe(damaged);
  const clean = await reelmill(['repair', '--apply']);
  expect(clean.code).toBe(0);
  expect(clean.out).toContain('444/notes.txt');
  expect((await reelmill(['status'])).code).toBe(0);
});

test('M2 repair --apply beside a run at work does nothing, says who it is, and is no error', async () => {
  await put('666/20260101-0000.png', 'an orphan');
  await put('locks/busy.json', '{}');
  const { out, code } = await reelmill(['repair', '--apply']);
  expect(code).toBe(0);
  expect(out).toContain('locks/busy.json holds the channel; nothing was done');
  expect(Object.keys(await everything())).toContain(join(folder, 'channel/666/20260101-0000.png'));
});

test('a call whose intent made room is still told, by what became of it', () => {
  const [, intent, settled] = JOURNAL.entries;
  const lines = storyLines({ ...JOURNAL, version: 1, entries: [settled] } as never);
  expect(lines).toMatchObject([{ time: '20:31:00', tone: 'bad' }]);
  expect(storyLines({ ...JOURNAL, version: 1, entries: [intent] } as never)[0]?.text).toContain(
    'no answer was noted',
  );
});
