/** Runway's answers, through its own library and the real adapter: to the order of a video, and to the question after it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, expect } from 'vitest';

import { createRunwayTasks } from '../../src/adapters/runway/runway-tasks.ts';
import { imageDocumentSchema } from '../../src/domain/channel-state.ts';
import { DEEPEST_JSON, isDeeperThan } from '../../src/domain/json-depth.ts';
import { ledgerCallSchema } from '../../src/domain/ledger.ts';
import { documentBytes, parseDocument } from '../../src/steps/documents.ts';
import {
  answers,
  isWhole,
  jsonOf,
  judgeFailure,
  judgePaidFailure,
  KEY,
  redact,
  startAnsweringServer,
  word,
  type AnsweringServer,
} from './answers.ts';
import { fuzz } from './fuzz.ts';
import { jsonBytes, text } from './hostile.ts';

const CREATED = { id: 'task-1', estimatedCost: { credits: 50 } };
const ERROR = {
  error: `Not with ${KEY}`,
  issues: [{ message: 'too long', path: ['promptText'] }],
  docUrl: 'x',
};
const SUCCEEDED = {
  id: 'task-1',
  status: 'SUCCEEDED',
  createdAt: '2026-01-31T20:31:00Z',
  output: ['https://x.example/1.mp4'],
  cost: { credits: 50 },
};
const FAILED = {
  id: 'task-1',
  status: 'FAILED',
  failure: `Unsafe, ${KEY}`,
  failureCode: 'SAFETY.INPUT.TEXT',
};
const RUNNING = { id: 'task-1', status: 'RUNNING', progress: 0.4 };

let server: AnsweringServer;
let folder = '';
beforeAll(async () => {
  server = await startAnsweringServer();
  folder = await mkdtemp(join(tmpdir(), 'reelmill-fuzz-runway-'));
  const grey = { create: { width: 16, height: 9, channels: 3 as const, background: '#445566' } };
  await sharp(grey).png().toFile(join(folder, 'frame.png'));
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const tasks = () =>
  createRunwayTasks({ apiKey: KEY, baseURL: server.url, model: 'gen4_turbo', timeoutSeconds: 20, redact });

function judgeCost(costUsd: number | null): void {
  if (costUsd !== null) expect(ledgerCallSchema.shape.cost_usd.safeParse(costUsd).success).toBe(true);
}

const startBody = fc.oneof(
  { arbitrary: jsonBytes(CREATED), weight: 3 },
  { arbitrary: jsonBytes(ERROR), weight: 1 },
  {
    arbitrary: fc.oneof(fc.constant('task-1'), word).map((id) => Buffer.from(JSON.stringify({ id }))),
    weight: 2,
  },
);

fuzz(
  'I3 any answer to the order of a video is its task, a certain refusal, or an unknown outcome',
  300,
  fc.asyncProperty(answers(startBody), async (answer) => {
    server.answer(answer);
    const request = {
      picture: join(folder, 'frame.png'),
      prompt: 'It tilts.',
      duration: 5,
      ratio: '1280:720',
    };
    const started = await tasks().start(request);
    expect(server.asked).toEqual(['POST /v1/image_to_video']);
    const json = jsonOf(answer) as { id?: unknown } | null | undefined;
    const good = isWhole(answer) && answer.status >= 200 && answer.status < 300;
    if (!started.ok) {
      judgePaidFailure(started.failure, answer);
      // Whatever the head calls it: what was paid for and is named must not be lost.
      if (good && ![204, 205].includes(answer.status) && !isDeeperThan(json, DEEPEST_JSON))
        expect(json?.id).not.toBe('task-1');
      return;
    }
    expect(good).toBe(true);
    expect(started.value.taskId).toBe(String(json?.id).trim());
    judgeCost(started.value.costUsd);
    const reference = { task_id: started.value.taskId, requested_at_utc: '2026-01-31T20:31:00Z' };
    expect(parseDocument(documentBytes({ video_task: reference }), 'state', imageDocumentSchema).ok).toBe(
      true,
    );
  }),
);

const statusBody = fc.oneof(...[SUCCEEDED, FAILED, RUNNING, ERROR].map((good) => jsonBytes(good)));

fuzz(
  'P5 P6 any answer about a video is "not yet", a failure, or an end that its task really had',
  300,
  fc.asyncProperty(
    answers(statusBody),
    fc.oneof(
      { arbitrary: fc.constant('task-1'), weight: 5 },
      text.filter((id) => id.length < 300),
    ),
    async (answer, taskId) => {
      server.answer(answer);
      const asked = await tasks().status(taskId);
      expect(server.asked.length).toBeLessThanOrEqual(1);
      for (const line of server.asked) expect(line).toMatch(/^GET \/v1\/tasks\/[^/?#\\]+$/);
      if (!asked.ok) return judgeFailure(asked.failure);
      expect(isWhole(answer)).toBe(true);
      if (asked.value.state === 'pending') return;
      judgeCost(asked.value.costUsd);
      if (asked.value.state === 'succeeded') {
        expect(asked.value.url).toMatch(/^https?:\/\//i);
        return;
      }
      judgeReason(asked.value.reason);
      // A page of something on the way must not end a task that is paid for and goes on.
      const said = jsonOf(answer);
      expect(typeof said === 'object' && said !== null).toBe(true);
      expect(answer.status === 404 || /FAILED|CANCELL?ED/i.test(JSON.stringify(said))).toBe(true);
    },
  ),
);

function judgeReason(reason: string): void {
  expect(reason.length).toBeGreaterThan(0);
  expect(reason.length).toBeLessThan(400);
  expect(reason).not.toContain(KEY);
  // oxlint-disable-next-line no-control-regex -- what must not reach a terminal or a log.
  expect(reason).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
}
