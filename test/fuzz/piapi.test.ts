/** PiAPI's answers, through the real adapter: to the order of a picture, and to both ways of asking after it. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect } from 'vitest';

import { createHttp } from '../../src/adapters/http/http.ts';
import { createPiapiTasks, type PiapiOptions } from '../../src/adapters/piapi/piapi-tasks.ts';
import { imageDocumentSchema } from '../../src/domain/channel-state.ts';
import { journalSchema } from '../../src/domain/journal.ts';
import { DEEPEST_JSON, isDeeperThan } from '../../src/domain/json-depth.ts';
import { failureReason, imageCandidates } from '../../src/domain/piapi-answer.ts';
import { documentBytes, MAX_DOCUMENT_BYTES, parseDocument } from '../../src/steps/documents.ts';
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
  type Answer,
  type AnsweringServer,
} from './answers.ts';
import { fuzz } from './fuzz.ts';
import { jsonBytes, text } from './hostile.ts';

const WEBHOOK = { endpoint: 'https://hooks.example.com/piapi', secret: KEY };
const CREATED = {
  code: 200,
  data: {
    task_id: 'task-1',
    status: 'pending',
    input: {},
    output: null,
    error: { code: 0, raw_message: KEY },
  },
  message: 'success',
};
const REFUSED = { ...CREATED, code: 400, data: { task_id: '', error: { raw_message: `banned, ${KEY}` } } };
const FLAT = {
  task_id: 'task-1',
  status: 'finished',
  meta: { usage: { type: 'point', consume: 70_000 }, task_type: 'imagine' },
  task_result: {
    image_url: 'https://x.example/grid.png',
    temporary_image_urls: ['https://x.example/1.png', 'https://x.example/2.png'],
    task_progress: 100,
    error_messages: [],
  },
};
const ENVELOPE = {
  code: 200,
  data: { ...FLAT, task_result: undefined, output: FLAT.task_result, config: { webhook_config: WEBHOOK } },
  message: 'success',
};

let server: AnsweringServer;
beforeAll(async () => void (server = await startAnsweringServer()));
afterAll(() => server[Symbol.asyncDispose]());

function tasks(statusApi: PiapiOptions['statusApi']) {
  return createPiapiTasks({
    apiKey: KEY,
    endpoint: `${server.url}/api/v1/task`,
    fetchEndpoint: `${server.url}/mj/v2/fetch`,
    statusApi,
    http: createHttp({ allowLoopback: true, userAgent: 'x', redact }),
    processMode: 'fast',
    webhook: WEBHOOK,
    conceal: redact,
  });
}

/** PiAPI's true status stands in the body. */
const code = fc.oneof(
  fc.constantFrom<unknown>(
    0,
    1,
    -1,
    199,
    200,
    201,
    202,
    204,
    299,
    300,
    302,
    399,
    400,
    401,
    402,
    403,
    404,
    408,
    409,
  ),
  fc.constantFrom<unknown>(422, 429, 499, 500, 502, 503, 504, 599, 600, 999, 10_000, 40_001, 50_001, 1e308),
  fc.constantFrom<unknown>(200.5, 400.5, null, '200', '400', '0', 'ok', true, [200]),
);
const submitBody = fc.oneof(
  { arbitrary: jsonBytes(CREATED), weight: 3 },
  { arbitrary: jsonBytes(REFUSED), weight: 1 },
  {
    arbitrary: fc
      .record({ code, id: fc.oneof(fc.constant('task-1'), word, fc.constantFrom<unknown>(7, null, {})) })
      .map((said) =>
        new TextEncoder().encode(JSON.stringify({ ...CREATED, code: said.code, data: { task_id: said.id } })),
      ),
    weight: 4,
  },
);

/** The body of a whole HTTP success names an error of PiAPI's that leaves no doubt. */
function bodyRefuses(answer: Answer): boolean {
  const json = jsonOf(answer);
  if (!isWhole(answer) || typeof json !== 'object' || json === null || !('code' in json)) return false;
  // Of anything else, some objects cannot even be asked what they are worth.
  const said =
    typeof json.code === 'number' || typeof json.code === 'string' ? Number(json.code) : Number.NaN;
  if (said === 503) return true;
  const status = said >= 10_000 && said < 100_000 ? Math.trunc(said / 100) : said;
  return status >= 400 && status <= 498 && status !== 408;
}

fuzz(
  'I3 D4 any answer to the order of a picture is its task, a certain refusal, or an unknown outcome',
  400,
  fc.asyncProperty(answers(submitBody), async (answer) => {
    server.answer(answer);
    const request = { prompt: 'a lighthouse', aspectRatio: '16:9', version: null, style: null };
    const submitted = await tasks('fetch').submit(request);
    expect(server.asked).toEqual(['POST /api/v1/task']);
    const json = jsonOf(answer) as { code?: unknown; data?: { task_id?: unknown } } | null | undefined;
    const id = json?.data?.task_id;
    if (submitted.ok) {
      expect(isWhole(answer)).toBe(true);
      expect(submitted.value).toEqual({ taskId: String(id).trim(), costUsd: null });
      const written = {
        midjourney_task: { task_id: submitted.value.taskId, requested_at_utc: '2026-01-31T20:31:00Z' },
      };
      expect(parseDocument(documentBytes(written), 'state', imageDocumentSchema).ok).toBe(true);
      return;
    }
    judgePaidFailure(submitted.failure, answer, bodyRefuses(answer));
    // What was paid for and is named must not be lost over a spelling.
    const plain = [0, 200, 201, '200', null, undefined].includes(json?.code as string);
    const read = isWhole(answer) && [200, 201, 202].includes(answer.status) && plain;
    if (read && !isDeeperThan(json, DEEPEST_JSON)) expect(id).not.toBe('task-1');
  }),
);

const statusBody = fc.oneof(
  { arbitrary: jsonBytes(FLAT), weight: 3 },
  { arbitrary: jsonBytes(ENVELOPE), weight: 3 },
  // Small on the wire, large or deep once it is kept.
  fc
    .record({
      deep: fc.oneof(fc.integer({ min: 60, max: 64 }), fc.integer({ min: 1, max: 80 })),
      unit: fc.constantFrom('1e20,', '\u0001'),
      wide: fc.nat(300_000),
    })
    .map(({ deep, unit, wide }) => {
      const values = `[${unit.startsWith('1') ? unit.repeat(wide) : ''}0]`;
      const bytes = Buffer.from(
        JSON.stringify({ ...FLAT, extra: '@', odd: '#' }).replace(
          '"@"',
          `${'['.repeat(deep)}${values}${']'.repeat(deep)}`,
        ),
      );
      // Each such byte is three when it is written again.
      return unit.startsWith('1') ? bytes : Buffer.concat(splitAt(bytes, '#', Buffer.alloc(wide * 6, 0xff)));
    }),
);

function splitAt(bytes: Buffer, mark: string, put: Buffer): Buffer[] {
  const at = bytes.indexOf(mark);
  return [bytes.subarray(0, at), put, bytes.subarray(at + 1)];
}

fuzz(
  'W1 W2 W3 any answer about a picture is "not yet", a failure, or an end that can be kept and read again',
  350,
  fc.asyncProperty(
    answers(statusBody),
    fc.constantFrom('fetch' as const, 'task' as const),
    fc.oneof(
      { arbitrary: fc.constant('task-1'), weight: 5 },
      text.filter((id) => id.length < 300),
    ),
    async (answer, statusApi, taskId) => {
      server.answer(answer);
      const status = await tasks(statusApi).status(taskId);
      expect(server.asked.length).toBeLessThanOrEqual(1);
      for (const asked of server.asked)
        expect(asked).toMatch(
          statusApi === 'fetch' ? /^POST \/mj\/v2\/fetch$/ : /^GET \/api\/v1\/task\/[^/?#\\]+$/,
        );
      if (!status.ok) return judgeFailure(status.failure);
      expect(isWhole(answer)).toBe(true);
      expect(status.value.status.length).toBeLessThanOrEqual(60);
      if (status.value.state === 'pending') return;
      const { answer: kept, costUsd } = status.value;
      expect(JSON.stringify(kept)).not.toContain(KEY);
      if (costUsd !== null) {
        expect(costUsd).toBeGreaterThanOrEqual(0);
        const call = { at_utc: '', type: 'corrected', call: 'a', cost_usd: costUsd, task_id: 'x' };
        expect(journalSchema.safeParse({ version: 1, id: 'x', entries: [call] }).success).toBe(true);
      }
      const bytes = documentBytes({ midjourney_results: kept });
      expect(bytes.length).toBeLessThanOrEqual(MAX_DOCUMENT_BYTES);
      const read = parseDocument(bytes, 'state', imageDocumentSchema);
      expect(read.ok).toBe(true);
      if (!read.ok) return;
      const again = read.value.midjourney_results ?? {};
      for (const url of imageCandidates(again)?.urls ?? []) expect(url).toMatch(/^https?:\/\/\S+$/i);
      expect(failureReason(again)?.length ?? 0).toBeLessThanOrEqual(500);
    },
  ),
);
