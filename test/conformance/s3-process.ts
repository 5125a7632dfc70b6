/** Starts `s3-server.ts` and gives what a client needs; used by every test that wants a real S3 server. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

import type { S3Options } from '../../src/adapters/s3/s3-store.ts';

export interface RunningS3 {
  readonly options: S3Options & { readonly endpoint: string };
  /** Moves the clock by which the server dates its objects, back when negative; fauxqs only. */
  advance(seconds: number): Promise<void>;
  close(): Promise<void>;
}

const BUCKET = 'reelmill-test';

/** `kind`: which of the two servers; both are told apart only by what they cannot do. */
export async function startS3(kind: 'fauxqs' | 's3rver'): Promise<RunningS3> {
  const script = path.join(import.meta.dirname, 's3-server.ts');
  const child = spawn(process.execPath, [script, kind, BUCKET], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const port = await Promise.race([
    once(child.stdout, 'data').then(([chunk]) => Number(String(chunk).trim())),
    ended.then(() => Promise.reject(new Error(`${kind} did not start`))),
  ]);
  return {
    options: {
      endpoint: `http://127.0.0.1:${port}`,
      bucket: BUCKET,
      accessKeyId: 'S3RVER',
      secretAccessKey: 'S3RVER',
      redact: String,
      // A test waits for no server to recover.
      retryPauseSeconds: 0.001,
    },
    async advance(seconds) {
      const moved = once(child.stdout, 'data');
      child.stdin.write(`${seconds}\n`);
      await moved;
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}
