/**
 * An S3 server that others wrote, in a process of its own, so that its memory is not counted as ours. Prints its port.
 * `node s3-server.ts fauxqs|s3rver BUCKET`; a line with a number on standard input moves its clock by so many seconds.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { startFauxqs } from 'fauxqs';

const [kind = '', bucket = ''] = process.argv.slice(2);
const folder = await mkdtemp(path.join(tmpdir(), `reelmill-${kind}-`));

interface S3rver {
  run(): Promise<{ readonly port: number }>;
}
type S3rverClass = new (options: Record<string, unknown>) => S3rver;

async function startS3rver(): Promise<number> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the package has no types.
  const Server = createRequire(import.meta.url)('s3rver') as S3rverClass;
  const server = new Server({
    port: 0,
    address: '127.0.0.1',
    silent: true,
    directory: folder,
    configureBuckets: [{ name: bucket }],
  });
  const { port } = await server.run();
  return port;
}

async function startTheOther(): Promise<number> {
  const server = await startFauxqs({
    port: 0,
    host: '127.0.0.1',
    logger: false,
    s3StorageDir: folder,
    init: { buckets: [bucket] },
  });
  return server.port;
}

let aheadMilliseconds = 0;
const { Date: RealDate } = globalThis;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, given: readonly unknown[], newTarget: typeof RealDate) =>
    Reflect.construct(target, given.length === 0 ? [target.now() + aheadMilliseconds] : given, newTarget),
});

process.stdin.setEncoding('utf8').on('data', (lines: string) => {
  for (const line of lines.trim().split('\n')) aheadMilliseconds += Number(line) * 1000;
  process.stdout.write('moved\n');
});
// The parent closes our input when it ends, however it ends.
process.stdin.on('end', () => {
  void rm(folder, { recursive: true, force: true }).finally(() => process.exit(0));
});
process.stdout.write(`${kind === 's3rver' ? await startS3rver() : await startTheOther()}\n`);
