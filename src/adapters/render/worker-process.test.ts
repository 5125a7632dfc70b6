import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { createRenderer } from './renderer.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'render-worker-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs `script` in the place of the worker: it misbehaves as native code can, in the same process and limits. */
async function withWorker(
  script: string,
  limits: { timeLimitSeconds?: number; memoryLimitMegabytes?: number } = {},
) {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.mjs`);
  await writeFile(path, script);
  const renderer = createRenderer({ timeLimitSeconds: 30, ...limits, workerEntry: pathToFileURL(path) });
  const result = await renderer.fitPicture('in.png', join(folder, 'out.png'), { width: 8, height: 8 });
  if (result.ok) throw new Error('The misbehaving worker was believed');
  return result.failure;
}

const answer = (text: string) =>
  `import { writeSync } from 'node:fs'; writeSync(3, ${JSON.stringify(text)});`;

test('P6 a crash of native code is a render_failed and nothing more', async () => {
  const failed = await withWorker(`process.kill(process.pid, 'SIGSEGV'); setInterval(() => {}, 1000);`);
  expect(failed).toMatchObject({ code: 'render_failed', retry: 'backoff' });
  expect(failed.message).toContain('crashed in fitPicture (signal SIGSEGV)');
});

test('P6 an uncaught error of the worker is named', async () => {
  const failed = await withWorker(`throw new TypeError('no such codec');`);
  expect(failed.message).toContain('TypeError: no such codec');
});

test('P6 a hang that never returns to JavaScript is killed at the time limit', async () => {
  const marker = join(folder, 'alive');
  const failed = await withWorker(
    `import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(marker)}, String(process.pid)); for (;;);`,
    { timeLimitSeconds: 1.5 },
  );
  expect(failed).toMatchObject({ code: 'render_failed' });
  expect(failed.message).toContain('did not finish fitPicture within 1.5 s');
  const pid = Number(await readFile(marker, 'utf8'));
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});

test.runIf(process.platform === 'linux')('P6 memory outside the JavaScript heap is bounded too', async () => {
  const failed = await withWorker(`const kept = []; for (;;) kept.push(Buffer.alloc(8 << 20, 1));`, {
    memoryLimitMegabytes: 200,
  });
  expect(failed.message).toMatch(/used \d+ MB in fitPicture, over its 200 MB/u);
});

test('P6 an answer without end, of a wrong shape, or none at all is a render_failed', async () => {
  expect((await withWorker(answer('x'.repeat(40_000)))).message).toContain('more than an answer can hold');
  expect((await withWorker(answer('{"ok":true,"value":{"width":8}}'))).message).toContain('wrong shape');
  expect((await withWorker(answer('{"ok":1}'))).message).toContain('no usable answer');
  expect((await withWorker('')).message).toContain('no usable answer');
  expect((await withWorker(`for (;;) process.stderr.write('x'.repeat(9999));`)).message).toContain(
    'printed without end',
  );
});

test('P6 the worker sees no secret of the environment', async () => {
  process.env['RUNWAY_API_KEY'] = 'secret-of-the-test';
  try {
    const failed = await withWorker(
      `import { writeSync } from 'node:fs'; writeSync(3, JSON.stringify({ ok: false, code: 'render_failed', message: 'env: ' + JSON.stringify(process.env) }));`,
    );
    expect(failed.message).toContain('env: {');
    expect(failed.message).not.toContain('secret-of-the-test');
  } finally {
    delete process.env['RUNWAY_API_KEY'];
  }
});

test('P8 a worker that dies half way leaves no file behind', async () => {
  await withWorker(
    `import { writeFileSync } from 'node:fs'; process.stdin.once('data', (text) => { writeFileSync(JSON.parse(text).output, 'half'); process.abort(); });`,
  );
  expect((await readdir(folder)).filter((name) => !name.endsWith('.mjs') && name !== 'alive')).toEqual([]);
});
