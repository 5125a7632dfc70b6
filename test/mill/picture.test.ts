/** The picture of a post: how it is ordered, what happens when it does not come, which of the four is chosen, and why. */
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { failure } from '../../src/domain/failure.ts';
import { changed } from '../support/changed.ts';
import {
  AT_REST,
  colourOf,
  FIRST_ID,
  IMAGE,
  middleOf,
  Mill,
  type Json,
  type MillOptions,
} from '../support/mill.ts';
import type { Answer } from '../support/wire.ts';

const POST = `666/${FIRST_ID}.json`;
const PICTURE = `666/${FIRST_ID}.png`;
/** Ordered and painted within the first run. */
const FAST = { imageSeconds: 1, videoSeconds: 1 };
const CRITERIA = [
  { name: 'Sharp', weight: 2 },
  { name: 'Calm', weight: 1 },
];

/** Which of the four painted pictures the post got, from 0. */
async function chosenVariant(mill: Mill): Promise<number> {
  const middle = await middleOf(await mill.bytes(PICTURE));
  return [0, 1, 2, 3].findIndex((variant) =>
    colourOf(variant).every((part, index) => Math.abs(part - (middle[index] ?? 0)) < 6),
  );
}

/** Rewrites what PiAPI says about a finished task. */
function rewriteResult(mill: Mill, rewrite: (result: Json) => Json): void {
  mill.wire.middleman = (exchange, ask) => {
    if (exchange.path !== '/mj/v2/fetch') return null;
    return ask().then(({ status, json }) => {
      const answer: Json = json;
      if (answer.status !== 'finished') return { status, json };
      return {
        status,
        json: { ...answer, task_result: { ...answer.task_result, ...rewrite(answer.task_result) } },
      };
    });
  };
}

/** Puts the judge's verdict into the model's answer. */
function judgeBy(mill: Mill, verdict: Json): void {
  mill.wire.middleman = (exchange, ask) => {
    if (exchange.provider !== 'openai' || typeof exchange.json.messages[0].content === 'string') return null;
    return ask().then(({ status, json }): Answer => {
      const [choice] = (json as Json).choices;
      const message = { ...choice.message, content: JSON.stringify(verdict) };
      return { status, json: { ...(json as Json), choices: [{ ...choice, message }] } };
    });
  };
}

const ORDERS: readonly [string, Json, Json][] = [
  [
    'version, style and mode as configured',
    { midjourney_version: '6.1', midjourney_style: 'raw', process_mode: 'relax', output_size: '96x96' },
    { version: '6.1', style: 'raw', process_mode: 'relax', aspect_ratio: '1:1' },
  ],
  [
    'no style and no version when none is set',
    { midjourney_version: null, midjourney_style: null, aspect_ratio: '3:2' },
    { process_mode: 'fast', aspect_ratio: '3:2' },
  ],
];

test.each(ORDERS)(
  'P3 the picture is ordered with %s, from the first-frame description',
  async (_name, settings, input) => {
    await using mill = await Mill.start({
      config: { IMAGE_GENERATION: settings },
      variables: { MIDJOURNEY_API_KEY: 'the-piapi-key' },
    });
    await mill.run();
    const { first_frame_description: prompt } = await mill.json(POST);
    const orders = mill.wire.asked('piapi', '/api/v1/task');
    expect(orders).toHaveLength(1);
    expect(orders[0]?.headers['x-api-key']).toBe('the-piapi-key');
    expect(orders[0]?.json).toEqual({
      model: 'midjourney',
      task_type: 'imagine',
      input: { prompt, skip_prompt_check: false, ...input },
    });
  },
);

test('P3 S4 the order is stored with task id and moment before anything else happens', async () => {
  await using mill = await Mill.start();
  await mill.run();
  const [order] = mill.wire.asked('piapi', '/api/v1/task');
  const taskId = mill.ledger.find(({ kind }) => kind === 'image')?.taskId;
  const { midjourney_task: task, generation } = await mill.json(IMAGE);
  expect(task).toEqual({ task_id: taskId, requested_at_utc: task.requested_at_utc });
  expect(new Date(task.requested_at_utc)).toEqual(order?.at);
  expect(generation).toBe(false);
});

test('D4 a refused order keeps text and id, rests, is tried max_retries times more, and ends in a mock', async () => {
  await using mill = await Mill.start({
    config: { WORKFLOW: { max_retries: 2, retry_backoff_seconds: 600 } },
  });
  mill.sandbox.setFaults([
    { provider: 'piapi', operation: 'imagine', action: { type: 'status', status: 400 } },
  ]);
  expect(await mill.run()).toMatchObject({ stop: 'failed', failure: { code: 'provider_refused' } });
  const text = await mill.text(POST);
  expect(await mill.state()).toMatchObject({
    image: { ...AT_REST, generation: true, attempts: 1 },
    generation: { generation_id: FIRST_ID },
  });
  expect(await mill.run()).toMatchObject({
    stop: 'backing-off',
    failure: null,
    // Said, so that nobody has to guess which run it will be.
    until: (await mill.state()).image?.retry_after_utc,
  });
  await mill.advance(601);
  expect((await mill.run({ mode: 'check' })).stop).toBe('failed');
  await mill.advance(601);
  expect((await mill.run()).stop).toBe('backing-off');
  await mill.advance(601);
  expect((await mill.run()).stop).toBe('failed');
  expect(await mill.text(POST)).toBe(text);

  // The third refusal was the last that is allowed.
  expect(await mill.run()).toMatchObject({ stop: 'task-done', tasksProcessed: 1 });
  expect((await mill.json(POST)).media).toMatchObject({ image: 'placeholder', video: 'mock' });
  expect(mill.ledger.filter(({ kind }) => kind === 'image').map(({ outcome }) => outcome)).toEqual([
    'refused',
    'refused',
    'refused',
  ]);
  expect(mill.paid()).toEqual({ text: 5 });
});

test.each(['lose-answer', 'malformed', 'garbage'] as const)(
  'D4 an order whose answer is spoilt (%s) may have been charged: it is repeated once, then the post gets a mock',
  async (type) => {
    await using mill = await Mill.start();
    mill.sandbox.setFaults([{ provider: 'piapi', operation: 'imagine', action: { type } }]);
    for (let hour = 0; hour < 6; hour += 1) {
      await mill.run({ mode: hour === 0 ? 'main' : 'check' });
      await mill.advance(3_600);
    }
    expect(mill.paid()).toEqual({ text: 5, image: 2 });
    expect((await mill.json(POST)).media).toMatchObject({ image: 'placeholder', video: 'mock' });
    expect((await mill.state()).image).toEqual(AT_REST);
  },
);

test('D4 P3 a post without a first-frame description is never sent to the provider', async () => {
  await using mill = await Mill.start({ config: { WORKFLOW: { max_retries: 0 } } });
  await mill.put('config/config_gen.json', { generation_id: FIRST_ID });
  await mill.put(IMAGE, { ...AT_REST, generation: true });
  await mill.put(POST, { topic: 'Clocks', first_frame_description: '  ' });
  expect(await mill.run()).toMatchObject({ stop: 'failed', failure: { code: 'content_missing' } });
  expect(await mill.run()).toMatchObject({ stop: 'task-done' });
  expect(mill.wire.seen).toEqual([]);
});

test('D4 P3 whoever writes the missing first-frame description, as the failure says, gets the picture painted', async () => {
  await using mill = await Mill.start({ sandbox: FAST });
  await mill.put('config/config_gen.json', { generation_id: FIRST_ID });
  await mill.put(IMAGE, { ...AT_REST, generation: true });
  await mill.put(POST, { topic: 'Clocks', script: 'It ticks.' });
  const { failure: missing } = await mill.run();
  expect(missing).toMatchObject({ code: 'content_missing', where: { key: POST } });
  expect(missing?.advice).toContain('Write one into that file and the next run orders the picture');
  expect(missing?.advice).toContain('gets a placeholder after WORKFLOW.max_retries');
  expect(missing?.advice).not.toContain('repair');
  await mill.put(POST, { ...(await mill.json(POST)), first_frame_description: 'A clock.' });
  await mill.advance(601);
  expect(await mill.run()).toMatchObject({ stop: 'task-done', failure: null });
  expect((await mill.json(POST)).media).toMatchObject({ image: 'midjourney' });
});

test.each(['task-fails', 'no-urls'] as const)(
  'D5 a picture that ends as %s is ordered again up to max_retries times, then the post gets a mock',
  async (type) => {
    await using mill = await Mill.start({ config: { WORKFLOW: { max_retries: 1 } } });
    mill.sandbox.setFaults([{ provider: 'piapi', operation: 'imagine', action: { type } }]);
    for (let hour = 0; hour < 5; hour += 1) {
      await mill.run({ mode: hour === 0 ? 'main' : 'check' });
      await mill.advance(3_600);
    }
    expect(mill.paid()).toEqual({ text: 5, image: 2 });
    expect((await mill.json(POST)).media).toMatchObject({ image: 'placeholder', video: 'mock' });
    expect((await mill.state()).generation).toEqual({ generation_id: null });
  },
);

test('D5 a second picture that comes is used, and the text is not paid again', async () => {
  await using mill = await Mill.start();
  mill.sandbox.setFaults([
    { provider: 'piapi', operation: 'imagine', times: 1, action: { type: 'task-fails' } },
  ]);
  for (let hour = 0; hour < 4; hour += 1) {
    await mill.run({ mode: hour === 0 ? 'main' : 'check' });
    await mill.advance(3_600);
  }
  expect((await mill.json(POST)).media).toMatchObject({ image: 'midjourney', video: 'runway' });
  expect(mill.paid()).toEqual({ text: 5, image: 2, vision: 1, video: 1 });
  expect(mill.sandbox.ledger.paidTwice()).toEqual([]);
  // I3, I5: what allowed the second order.
  const first = mill.ledger.find(({ kind }) => kind === 'image');
  const { entries } = await mill.json(`journal/${FIRST_ID}.json`);
  expect(entries.filter(({ type }: Json) => type === 'ended')).toEqual([
    expect.objectContaining({ task_id: first?.taskId, reason: 'failed' }),
  ]);
});

const RESULTS: readonly [string, (result: Json) => Json, number][] = [
  [
    'temporary_image_urls before the others',
    (result) => ({
      temporary_image_urls: result.temporary_image_urls.toReversed(),
      image_urls: result.temporary_image_urls,
    }),
    3,
  ],
  [
    'else image_urls',
    (result) => ({ temporary_image_urls: null, image_urls: result.temporary_image_urls.slice(2) }),
    2,
  ],
  [
    'else image_url, of whose four quarters the first is the first candidate',
    () => ({ temporary_image_urls: [], image_urls: [] }),
    0,
  ],
];

test.each(RESULTS)('P4 candidates come from %s', async (_name, rewrite, variant) => {
  await using mill = await Mill.start({ sandbox: FAST, config: { VISUAL_ANALYSIS: { enabled: false } } });
  rewriteResult(mill, rewrite);
  expect(await mill.run()).toMatchObject({ stop: 'task-done' });
  expect(await chosenVariant(mill)).toBe(variant);
  expect((await mill.json(POST)).image_choice).toEqual({
    winner: 1,
    reason: 'The judge is switched off.',
    scores: [],
  });
  expect(mill.paid()).not.toHaveProperty('vision');
});

test('P4 of a 2×2 grid the four quarters are judged, and the chosen one alone becomes the picture', async () => {
  await using mill = await Mill.start({
    sandbox: { ...FAST, gridOnly: true },
    config: { VISUAL_ANALYSIS: { image_selection_criteria: CRITERIA } },
  });
  const images = [1, 2, 3, 4].map((image) => ({ image, scores: [image === 3 ? 9 : 5, 5] }));
  judgeBy(mill, { images, winner: 3, reason: 'The calmest.' });
  expect(await mill.run()).toMatchObject({ stop: 'task-done' });
  expect(await chosenVariant(mill)).toBe(2);
  const { width, height } = await sharp(await mill.bytes(PICTURE)).metadata();
  expect([width, height]).toEqual([128, 72]);
});

test('P4 a single picture is taken without a judge, and not cut apart', async () => {
  await using mill = await Mill.start({ sandbox: FAST });
  rewriteResult(mill, (result) => ({ temporary_image_urls: [result.temporary_image_urls[1]] }));
  expect(await mill.run()).toMatchObject({ stop: 'task-done' });
  expect(await chosenVariant(mill)).toBe(1);
  expect(mill.paid()).toEqual({ text: 5, image: 1, video: 1 });
});

test('P4 the judge scores by the weighted criteria; our sums decide, and everything is kept in the post', async () => {
  await using mill = await Mill.start({
    sandbox: FAST,
    config: { VISUAL_ANALYSIS: { image_selection_criteria: CRITERIA, model: 'gpt-4o-mini' } },
  });
  // Unweighted, image 1 would win with 11 points; weighted, image 2 does with 19.
  const scores = [
    [2, 9],
    [9, 1],
    [5, 5],
    [0, 0],
  ];
  judgeBy(mill, {
    images: scores.map((list, index) => ({ image: index + 1, scores: list })),
    winner: 1,
    reason: 'Sharp to the edge.',
  });
  await mill.run();
  expect(await chosenVariant(mill)).toBe(1);
  const { image_choice: choice } = await mill.json(POST);
  expect(choice.winner).toBe(2);
  expect(choice.reason).toBe('Sharp to the edge. (The model itself named image 1.)');
  expect(choice.scores).toEqual([
    { image: 1, scores: { Sharp: 2, Calm: 9 }, total: 13 },
    { image: 2, scores: { Sharp: 9, Calm: 1 }, total: 19 },
    { image: 3, scores: { Sharp: 5, Calm: 5 }, total: 15 },
    { image: 4, scores: { Sharp: 0, Calm: 0 }, total: 0 },
  ]);
});

test('P4 the judge is asked with the description, the criteria, the limit and all four pictures', async () => {
  await using mill = await Mill.start({
    sandbox: FAST,
    config: {
      VISUAL_ANALYSIS: {
        image_selection_criteria: CRITERIA,
        image_selection_prompt: 'WHICH fits {prompt}? By {criteria}.',
        image_selection_max_tokens: 432,
        model: 'gpt-4o-mini',
      },
    },
  });
  await mill.run();
  const request = mill.wire
    .asked('openai')
    .map(({ json }) => json)
    .find(({ messages }) => typeof messages[0].content !== 'string');
  const [text, ...rest] = request.messages[0].content;
  const { first_frame_description: description } = await mill.json(POST);
  expect(text.text).toContain(`WHICH fits ${description}? By \n1. Sharp (weight 2)\n2. Calm (weight 1)\n.`);
  expect(rest.filter(({ type }: Json) => type === 'image_url')).toHaveLength(4);
  expect(request).toMatchObject({ model: 'gpt-4o-mini', max_tokens: 432, temperature: 0 });
});

test.each(['status', 'cut', 'malformed', 'lose-answer'] as const)(
  'P4 D11 a judge that fails (%s) costs the choice and not the post: the first picture is taken, and the post says why',
  async (type) => {
    await using mill = await Mill.start({ sandbox: FAST });
    const action = type === 'status' ? ({ type, status: 500 } as const) : { type };
    mill.sandbox.setFaults([{ provider: 'openai', skip: 5, action }]);
    expect(await mill.run()).toMatchObject({ stop: 'task-done', failure: null });
    expect(await chosenVariant(mill)).toBe(0);
    const { image_choice: choice, media } = await mill.json(POST);
    expect(choice).toMatchObject({ winner: 1, scores: [] });
    // What was cut or malformed is asked for again, `answer_retries` times; anything else is not.
    expect(mill.paid()['vision'] ?? 0).toBe({ status: 0, cut: 3, malformed: 3, 'lose-answer': 1 }[type]);
    expect(choice.reason).toBe('The judge failed, so the first picture was taken.');
    expect(choice.fallback.length).toBeGreaterThan(10);
    expect(media).toMatchObject({ image: 'midjourney', video: 'runway' });
    const journal = await mill.json(`journal/${FIRST_ID}.json`);
    expect(journal.entries).toContainEqual(
      expect.objectContaining({ type: 'fallback', from: 'judge', reason: choice.fallback }),
    );
  },
);

test.each(['cut', 'malformed'] as const)(
  'D13 P4 a verdict that is %s is asked for again, within answer_retries, and a good one decides',
  async (type) => {
    await using mill = await Mill.start({ sandbox: FAST });
    mill.sandbox.setFaults([{ provider: 'openai', skip: 5, times: 2, action: { type } }]);
    expect(await mill.run()).toMatchObject({ stop: 'task-done', failure: null });
    expect(mill.paid()).toEqual({ text: 5, image: 1, vision: 3, video: 1 });
    const { image_choice: choice } = await mill.json(POST);
    expect(choice.scores).toHaveLength(4);
    expect(choice).not.toHaveProperty('fallback');
    const { entries } = await mill.json(`journal/${FIRST_ID}.json`);
    expect(entries.filter(({ kind }: Json) => kind === 'judge')).toHaveLength(3);
  },
);

test.each(['96x64', '96×64'])(
  'P4 the picture is cut and resized to exactly output_size, written %s',
  async (size) => {
    await using mill = await Mill.start({
      sandbox: FAST,
      config: { IMAGE_GENERATION: { output_size: size } },
    });
    await mill.run();
    const { width, height, format } = await sharp(await mill.bytes(PICTURE)).metadata();
    expect({ width, height, format }).toEqual({ width: 96, height: 64, format: 'png' });
  },
);

test('P4 a candidate that cannot be fetched is left out; the others are judged', async () => {
  await using mill = await Mill.start({ sandbox: FAST });
  mill.sandbox.setFaults([
    { provider: 'files', operation: 'picture', times: 1, action: { type: 'html-file' } },
  ]);
  expect(await mill.run()).toMatchObject({ stop: 'task-done' });
  const { image_choice: choice } = await mill.json(POST);
  // Each keeps the number that it has in the answer; the judge's own words count what it was shown.
  expect(choice.scores.map(({ image }: Json) => image)).toEqual([2, 3, 4]);
  expect(choice.reason).toContain('(Image 1 to 3 of the judge are the pictures 2, 3, 4.)');
  expect(await chosenVariant(mill)).toBe(choice.winner - 1);
});

/** Image 3 wins before image 2. */
const THIRD_WINS = {
  images: [4, 6, 9, 5].map((score, index) => ({ image: index + 1, scores: [score, score] })),
  winner: 3,
  reason: 'The calmest.',
};
const LOST_LATER = [
  ['a picture before the winner', ['candidate-1'], 3, 'The calmest.'],
  [
    'the winner',
    ['candidate-3'],
    2,
    'The calmest. (Picture 3 was chosen, but can no longer be fetched; picture 2 has the best score of the others.)',
  ],
  [
    'all but one',
    ['candidate-1', 'candidate-2', 'candidate-3'],
    4,
    'The calmest. (Picture 3 was chosen, but can no longer be fetched; picture 4 has the best score of the others.)',
  ],
] as const;

test.each(LOST_LATER)(
  'P4 I3 a choice that was paid for means the same picture in the next run, when %s cannot be fetched any more',
  async (_name, lost, winner, reason) => {
    await using mill = await Mill.start({
      sandbox: FAST,
      config: { VISUAL_ANALYSIS: { image_selection_criteria: CRITERIA } },
    });
    judgeBy(mill, THIRD_WINS);
    const unfitted = await mill.run({
      change: changed(({ renderer }) => ({
        renderer: { ...renderer, fitPicture: async () => failure('render_failed', 'no memory') },
      })),
    });
    expect(unfitted).toMatchObject({ stop: 'failed', failure: { code: 'render_failed' } });
    const saved: Json[] = [];
    const next = await mill.run({
      mode: 'check',
      change: changed(({ downloads }) => ({
        downloads: {
          fetchFile: async (url, file, kind) =>
            lost.some((name) => file.endsWith(name))
              ? failure('download_failed', 'HTTP 404')
              : downloads.fetchFile(url, file, kind),
        },
      })),
      onAction: async (type) => {
        if (type === 'request-video') saved.push((await mill.json(IMAGE)).picture);
      },
    });
    expect(next).toMatchObject({ stop: 'task-done', failure: null });
    expect(await chosenVariant(mill)).toBe(winner - 1);
    expect((await mill.json(POST)).image_choice).toMatchObject({ winner, reason });
    expect(saved).toEqual([{ source: 'midjourney', candidate: winner }]);
    expect(mill.paid()).toEqual({ text: 5, image: 1, vision: 1, video: 1 });
  },
);

test('P4 I3 after a judge that failed, the first of those that can still be fetched takes the place of the first', async () => {
  await using mill = await Mill.start({ sandbox: FAST });
  mill.sandbox.setFaults([{ provider: 'openai', skip: 5, action: { type: 'status', status: 500 } }]);
  await mill.run({
    change: changed(({ renderer }) => ({
      renderer: { ...renderer, fitPicture: async () => failure('render_failed', 'no memory') },
    })),
  });
  mill.sandbox.setFaults([
    { provider: 'files', operation: 'picture', times: 1, action: { type: 'html-file' } },
  ]);
  expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done' });
  expect(await chosenVariant(mill)).toBe(1);
  const { image_choice: choice } = await mill.json(POST);
  expect(choice).toMatchObject({ winner: 2, fallback: expect.any(String) });
  expect(choice.reason).toContain('picture 2 takes its place');
});

test('P4 P6 pictures that can never be fetched end in a mock after max_retries, without another order', async () => {
  await using mill = await Mill.start({ sandbox: FAST, config: { WORKFLOW: { max_retries: 1 } } });
  mill.sandbox.setFaults([{ provider: 'files', action: { type: 'status', status: 403 } }]);
  expect(await mill.run()).toMatchObject({ stop: 'failed', failure: { code: 'download_failed' } });
  expect((await mill.state()).image).toMatchObject({
    ...AT_REST,
    midjourney_results: {},
    picture_failures: 1,
  });
  expect((await mill.run({ mode: 'check' })).stop).toBe('failed');
  expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done' });
  expect((await mill.json(POST)).media).toMatchObject({ image: 'placeholder', video: 'mock' });
  expect(mill.paid()).toEqual({ text: 5, image: 1 });
});

test('P4 an address that points into a private network is not asked', async () => {
  await using mill = await Mill.start({ sandbox: FAST });
  rewriteResult(mill, () => ({
    temporary_image_urls: [
      'http://169.254.169.254/latest/meta-data',
      'https://10.0.0.1/a.png',
      'file:///etc/passwd',
    ],
  }));
  expect(await mill.run()).toMatchObject({ stop: 'failed', failure: { code: 'url_forbidden' } });
  expect(await mill.objects('666/')).toEqual([POST]);
});

test('P4 a judgement that was paid for is not paid for again when the run breaks off after it', async () => {
  await using mill = await Mill.start({ sandbox: FAST });
  let broken = true;
  const first = await mill
    .run({
      change: (parts) => ({
        ...parts,
        context: {
          ...parts.context,
          renderer: {
            ...parts.context.renderer,
            fitPicture: (...call) => {
              if (broken) throw new Error('out of memory');
              return parts.context.renderer.fitPicture(...call);
            },
          },
        },
      }),
    })
    .catch((error: unknown) => error);
  expect(first).toBeInstanceOf(Error);
  broken = false;
  expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done' });
  expect(mill.paid()).toEqual({ text: 5, image: 1, vision: 1, video: 1 });
});

const OPTIONS: MillOptions = { config: { API_KEYS: { midjourney: { status_api: 'task' } } } };

test('W1 W3 P4 the newer status API gives the same post', async () => {
  await using mill = await Mill.start(OPTIONS);
  await mill.run();
  await mill.until('21:30');
  expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done' });
  const looks = mill.wire.asked('piapi', /^\/api\/v1\/task\/./);
  expect(looks.map(({ method }) => method)).toEqual(['GET', 'GET']);
  expect(mill.wire.asked('piapi', '/mj/v2/fetch')).toEqual([]);
  expect((await mill.json(POST)).media).toMatchObject({ image: 'midjourney', video: 'runway' });
});
