/** A bucket on a server that the tests do not start themselves: docs/adr/2026-11-24-s3-servers-for-tests.md. */
import { z } from 'zod';

const ownBucketSchema = z.object({
  endpoint: z.url(),
  region: z.string().default('us-east-1'),
  bucket: z.string(),
  accessKeyId: z.string(),
  secretAccessKey: z.string(),
  expected: z.object({ conditionalWrites: z.boolean(), versions: z.boolean() }),
});

export type OwnBucket = z.infer<typeof ownBucketSchema>;

/** As `REELMILL_TEST_S3` describes it; `null` where nobody gave one. */
export function ownBucket(): OwnBucket | null {
  const { REELMILL_TEST_S3: given } = process.env;
  return given === undefined ? null : ownBucketSchema.parse(JSON.parse(given));
}
