/**
 * The S3 adapter against servers that others wrote. Neither has conditional writes or versions: these it meets behind a gate
 * of ours, and on a bucket of your own (docs/adr/2026-11-24-s3-servers-for-tests.md).
 */
import { createS3Store } from '../../src/adapters/s3/s3-store.ts';
import { objectStoreSuite, type OpenBucket } from './object-store-suite.ts';
import { ownBucket } from './own-bucket.ts';
import { startGatedS3 } from './s3-gate.ts';
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

const GATES = [
  { kind: 'compares', expected: { conditionalWrites: true, versions: false } },
  { kind: 'compares bare', expected: { conditionalWrites: true, versions: false } },
  { kind: 'like B2', expected: { conditionalWrites: false, versions: true } },
] as const;

for (const { kind, expected } of GATES)
  objectStoreSuite(`fauxqs behind a gate, ${kind},`, {
    expected,
    streams: true,
    etagPerWrite: false,
    lacks: new Set(['large bodies', 'paging', 'odd keys']),
    async open(): Promise<OpenBucket> {
      const server = await startGatedS3(kind);
      return {
        store: await createS3Store(server.options),
        other: await createS3Store(server.options),
        close: () => server.close(),
      };
    },
  });

const own = ownBucket();
if (own !== null) {
  objectStoreSuite(`bucket ${own.bucket}`, {
    expected: own.expected,
    streams: true,
    etagPerWrite: false,
    async open(): Promise<OpenBucket> {
      const options = { ...own, redact: String, prefix: `reelmill-test-${Date.now().toString(36)}/` };
      return {
        store: await createS3Store(options),
        other: await createS3Store(options),
        close: async () => {},
      };
    },
  });
}
