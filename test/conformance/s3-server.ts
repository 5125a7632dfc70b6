/**
 * An S3 server that others wrote, in a process of its own, so that its memory is not counted as ours. Prints its port.
 * `node s3-server.ts fauxqs|s3rver BUCKET`
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

// The parent closes our input when it ends, however it ends.
process.stdin.resume().on('end', () => {
  void rm(folder, { recursive: true, force: true }).finally(() => process.exit(0));
});
process.stdout.write(`${kind === 's3rver' ? await startS3rver() : await startTheOther()}\n`);
