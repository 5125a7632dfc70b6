/** `npm run bench`: measures what docs/benchmarks.md states, and writes it there. */
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { createS3Store } from '../src/adapters/s3/s3-store.ts';
import { startGatedS3 } from '../test/conformance/s3-gate.ts';
import { startS3 } from '../test/conformance/s3-process.ts';
import { renderMock, startBenchChannel } from './channel.ts';
import { median, medianOf, ROOT, runNode } from './measure.ts';
import { countRequests, folderStore, type RequestCounts } from './requests.ts';

const BIN = path.join(ROOT, 'bin', 'reelmill.js');
/** As the package ships it: built, so that nothing is compiled at start. */
const PROGRAM = path.join(ROOT, 'dist', 'cli', 'main.js');
const CONFIG = path.join(ROOT, 'samples', 'en', 'config.json');
const BIG_VIDEO_BYTES = 200_000_000;

interface Row {
  readonly what: string;
  readonly figure: string;
  readonly target: string;
  readonly met: boolean;
}

function row(what: string, figure: string, target: string, met: boolean): Row {
  process.stderr.write(`${met ? 'ok  ' : 'MISS'}  ${what}: ${figure} (${target})\n`);
  return { what, figure, target, met };
}

/** The three are taken in turn, so that whatever else the machine does slows all of them. */
async function startUp(): Promise<Row[]> {
  await using channel = await startBenchChannel();
  const variables = {
    ...channel.variables,
    REELMILL_STORE: `folder:${channel.folder}/idle`,
    REELMILL_CONFIG: CONFIG,
  };
  const times = { bare: [] as number[], version: [] as number[], check: [] as number[] };
  for (let round = 0; round < 15; round += 1) {
    times.bare.push((await runNode(['-e', '0'])).seconds);
    times.version.push((await runNode([BIN, '--version'])).seconds);
    times.check.push((await runNode([PROGRAM, 'run', '--check'], variables)).seconds);
  }
  const bare = median(times.bare);
  const version = median(times.version) / bare;
  const check = median(times.check) / bare;
  const bareText = `${(bare * 1000).toFixed(0)} ms`;
  return [
    row(
      '`reelmill --version`, against `node -e 0`',
      `${version.toFixed(1)}× of ${bareText}`,
      '≤ 3×',
      version <= 3,
    ),
    row('`reelmill run --check`, nothing active', `${check.toFixed(1)}× of ${bareText}`, 'stated', true),
  ];
}

function requestRows(name: string, counts: RequestCounts): Row[] {
  const { idleCheck, idleWrites, pendingCheck, wholePost, wholePostInTwoRuns } = counts;
  const idle = `${idleCheck}, of which ${idleWrites} write`;
  return [
    row(`Requests of an idle check, ${name}`, idle, '≤ 2, no write', idleCheck <= 2 && idleWrites === 0),
    row(`Requests of a pending check, ${name}`, String(pendingCheck), '≤ 8', pendingCheck <= 8),
    row(`Requests of a whole post, ${name}`, String(wholePost), '≤ 60', wholePost <= 60),
    row(`The same in two runs, ${name}`, String(wholePostInTwoRuns), 'stated', true),
  ];
}

/** The npm server as it is, and behind a gate that compares as AWS does, or refuses and keeps versions as Backblaze B2 does. */
const SERVERS = [
  ['S3', () => startS3('fauxqs')],
  ['S3 that compares', () => startGatedS3('compares')],
  ['S3 like B2', () => startGatedS3('like B2')],
] as const;

async function requests(): Promise<Row[]> {
  const rows = requestRows('folder', await countRequests(folderStore));
  for (const [name, start] of SERVERS) {
    const server = await start();
    try {
      // Each channel has a prefix of its own, or the second would tidy up after the first.
      const counts = await countRequests((folder, onRequest) =>
        Promise.resolve(createS3Store({ ...server.options, prefix: `${path.basename(folder)}/`, onRequest })),
      );
      rows.push(...requestRows(name, counts));
    } finally {
      await server.close();
    }
  }
  return rows;
}

async function wholePost(): Promise<Row[]> {
  await using channel = await startBenchChannel();
  let round = 0;
  const seconds = await medianOf(3, async () => {
    round += 1;
    const variables = { ...channel.variables, REELMILL_STORE: `folder:${channel.folder}/post-${round}` };
    return (await runNode([PROGRAM, 'run', '--zero-delay', '--config', CONFIG], variables)).seconds;
  });
  return [
    row('A whole post in one run, providers answer at once', `${seconds.toFixed(1)} s`, 'stated', true),
  ];
}

async function mock(): Promise<Row[]> {
  await using channel = await startBenchChannel();
  const seconds = await medianOf(5, async () => {
    const started = performance.now();
    await renderMock(channel.picture, path.join(channel.folder, 'mock.mp4'));
    return (performance.now() - started) / 1000;
  });
  const figure = `${seconds.toFixed(1)} s, ${(seconds / 10).toFixed(2)} s per second of video`;
  return [row('A mock video of 10 s, 1280×720, 24 fps', figure, '≤ 4 s', seconds <= 4)];
}

async function memory(): Promise<Row[]> {
  const rows: Row[] = [];
  await using channel = await startBenchChannel({ videoBytes: BIG_VIDEO_BYTES });
  const peak = async (name: string, variables: Readonly<Record<string, string>>): Promise<void> => {
    const words = [PROGRAM, 'run', '--zero-delay', '--config', CONFIG];
    const { peakMegabytes } = await runNode(words, { ...channel.variables, ...variables }, true);
    const what = `Peak memory of the run, video of ${BIG_VIDEO_BYTES / 1_000_000} MB, ${name}`;
    rows.push(row(what, `${peakMegabytes.toFixed(0)} MB`, '≤ 250 MB', peakMegabytes <= 250));
  };
  await peak('folder', { REELMILL_STORE: `folder:${channel.folder}/big` });
  // The other S3 server refuses bodies of this size.
  const server = await startS3('s3rver');
  try {
    const { accessKeyId, bucket, endpoint, secretAccessKey } = server.options;
    await peak('S3', {
      REELMILL_STORE: 'bucket',
      B2_ENDPOINT: endpoint,
      B2_BUCKET_NAME: bucket,
      B2_ACCESS_KEY: accessKeyId,
      B2_SECRET_KEY: secretAccessKey,
    });
  } finally {
    await server.close();
  }
  return rows;
}

function page(rows: readonly Row[]): string {
  const machine = `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}, ${process.platform}`;
  const table = rows.map(
    ({ figure, met, target, what }) => `| ${what} | ${figure} | ${target} | ${met ? 'yes' : '**no**'} |`,
  );
  return [
    '# Benchmarks',
    '',
    '<!-- Written by `npm run bench`; edits by hand are lost. -->',
    '',
    `Measured on ${new Date().toISOString().slice(0, 10)} with \`npm run bench\`: ${machine}, the built program.`,
    'Times are medians; start-up is a ratio to bare Node, taken in turn with it. A target of “stated” is a figure without a limit.',
    '',
    '| What | Measured | Target | Met |',
    '| --- | --- | --- | --- |',
    ...table,
    '',
    '“S3” is the npm server of the tests, which neither compares nor keeps versions; the two behind it are the same behind a gate that does as AWS and Backblaze B2 do.',
    'The clip of the memory rows is a real one, padded to its size with an empty MP4 box. Requests are those that the store adapter sends;',
    'a whole post is one run in which the picture is there at once, or two of which the second finds it.',
    '',
  ].join('\n');
}

const rows: Row[] = [];
for (const measure of [startUp, requests, wholePost, mock, memory]) rows.push(...(await measure()));
const file = path.join(ROOT, 'docs', 'benchmarks.md');
await mkdir(path.dirname(file), { recursive: true });
await writeFile(file, page(rows));
process.stderr.write(`Written to ${path.relative(process.cwd(), file)}\n`);
if (rows.some(({ met }) => !met)) process.exitCode = 1;
