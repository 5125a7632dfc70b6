/**
 * The S3 adapter against servers that others wrote. Neither has conditional writes or versions: those are tried with
 * vendor-shaped answers in `s3-faults.test.ts`, and against a bucket of your own (docs/object-stores.md).
 */
import { z } from 'zod';

import { createS3Store } from '../../src/adapters/s3/s3-store.ts';
import { objectStoreSuite, type OpenBucket } from './object-store-suite.ts';
import { startS3 } from './s3-process.ts';

const NEITHER = { conditionalWrites: false, versions: false };
const SERVERS = [
  // It takes at most 11 MiB in one request.
  { kind: 'fauxqs', lacks: new Set(['large bodies'] as const) },
  // It answers 500 to a second page, and takes `%2B` in a copy's source for a space.
  { kind: 's3rver', lacks: new Set(['paging', 'odd keys'] as const) },
] as const;

for (const { kind, lacks } of SERVERS)
  objectStoreSuite(kind, {
    expected: NEITHER,
    streams: true,
    etagPerWrite: false,
    lacks,
    async open(): Promise<OpenBucket> {
      const server = await startS3(kind);
      return {
        store: await createS3Store(server.options),
        other: await createS3Store(server.options),
        close: () => server.close(),
      };
    },
  });

const ownSchema = z.object({
  endpoint: z.url(),
  region: z.string().default('us-east-1'),
  bucket: z.string(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  expected: z.object({ conditionalWrites: z.boolean(), versions: z.boolean() }),
});

const { REELMILL_TEST_S3: given } = process.env;
if (given !== undefined) {
  const { expected, ...own } = ownSchema.parse(JSON.parse(given));
  objectStoreSuite(`bucket ${own.bucket}`, {
    expected,
    streams: true,
    etagPerWrite: false,
    async open(): Promise<OpenBucket> {
      const options = { ...own, prefix: `reelmill-test-${Date.now().toString(36)}/` };
      return {
        store: await createS3Store(options),
        other: await createS3Store(options),
        close: async () => {},
      };
    },
  });
}
