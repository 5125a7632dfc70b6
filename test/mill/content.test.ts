/** The text of a post: what the model is asked, what becomes of its answers, and which topics come next. */
import { expect, test } from 'vitest';
import { repair } from '../../src/app/repair.ts';
import { failure } from '../../src/domain/failure.ts';
import { journalSchema } from '../../src/domain/journal.ts';
import {
  GENERATION,
  FIRST_ID,
  IMAGE,
  Mill,
  TRACKER,
  valueOf,
  type Json,
  type MillOptions,
} from '../support/mill.ts';
import type { Exchange } from '../support/wire.ts';
import { wrappedStore } from '../support/wrapped-store.ts';

const POST = `666/${FIRST_ID}.json`;

/** Every prompt begins with a word of its own, so that a request tells which one it was made from. */
const CONFIG = {
  OPENAI_SETTINGS: {
    model: 'gpt-4o-mini',
    max_tokens_text: 701,
    max_tokens_script: 901,
    temperature: 0.11,
    temperature_script: 0.22,
  },
  CONTENT: {
    focuses: ['Clocks'],
    topic: { prompt_template: 'TOPIC in {focus_areas}, not {exclusions}; JSON full_topic short_topic' },
    text: { prompt_template: 'TEXT about {topic}', temperature: 0.33 },
    tragic_text: { prompt_template: 'SADTEXT about {topic}', temperature: 0.44 },
  },
  SARCASM: {
    max_tokens_comment: 151,
    max_tokens_poll: 251,
    comment_prompt: 'COMMENT: a comment on {text}',
    comment_temperature: 0.55,
    tragic_comment_prompt: 'SADCOMMENT: a comment on {text}',
    tragic_comment_temperature: 0.66,
    question_prompt: 'POLL on {text}',
    poll_temperature: 0.77,
    tragic_question_prompt: 'SADPOLL on {text}',
    tragic_poll_temperature: 0.88,
  },
  PROMPTS: { user_prompt_combined: 'SCENE of {topic} / {creative_prompt} / {restriction}' },
  creative_prompts: ['From above.', 'Backwards.', 'In one breath.'],
  restrictions: ['No green.', 'No people.'],
} satisfies MillOptions['config'];

function promptOf({ json }: Exchange): string {
  return json.messages[0].content;
}

/** The texts that were asked for, each by the first word of its prompt. */
function asked(mill: Mill): Map<string, Exchange> {
  return new Map(
    mill.wire.asked('openai').map((exchange) => [promptOf(exchange).split(/[\s:]/)[0] ?? '', exchange]),
  );
}

test('C2 C3 each part is asked for once, with its own prompt, temperature and token limit', async () => {
  await using mill = await Mill.start({ config: CONFIG });
  await mill.run();
  const post = await mill.json(POST);
  const requests = mill.wire.asked('openai').map(({ json }) => ({
    model: json.model,
    temperature: json.temperature,
    limit: json.max_tokens,
    structured: json.response_format?.json_schema.strict ?? false,
    prompt: json.messages[0].content,
  }));
  const model = 'gpt-4o-mini';
  const scene = `SCENE of ${post.topic} / From above. / No green.`;
  expect(requests).toEqual([
    {
      model,
      temperature: 0.11,
      limit: 701,
      structured: true,
      prompt: 'TOPIC in Clocks, not ; JSON full_topic short_topic',
    },
    { model, temperature: 0.33, limit: 701, structured: false, prompt: `TEXT about ${post.topic}` },
    {
      model,
      temperature: 0.55,
      limit: 151,
      structured: false,
      prompt: `COMMENT: a comment on ${post.content}`,
    },
    { model, temperature: 0.77, limit: 251, structured: true, prompt: `POLL on ${post.content}` },
    { model, temperature: 0.22, limit: 901, structured: true, prompt: scene },
  ]);
});

test('C1 C2 a focus marked (т) is tragic: its own prompts and temperatures, and the mark is not shown to the model', async () => {
  await using mill = await Mill.start({
    config: { ...CONFIG, CONTENT: { ...CONFIG.CONTENT, focuses: ['Shipwrecks (т)'] } },
  });
  await mill.run();
  const requests = asked(mill);
  expect([...requests.keys()]).toEqual(['TOPIC', 'SADTEXT', 'SADCOMMENT', 'SADPOLL', 'SCENE']);
  expect(promptOf(requests.get('TOPIC') as Exchange)).toContain('TOPIC in Shipwrecks, not');
  const heat = (name: string): number => requests.get(name)?.json.temperature;
  expect([heat('SADTEXT'), heat('SADCOMMENT'), heat('SADPOLL')]).toEqual([0.44, 0.66, 0.88]);
  expect((await mill.json(TRACKER)).used_focuses).toEqual(['Shipwrecks (т)']);
});

const OFF: readonly [string, Json, readonly string[], Json][] = [
  [
    'the topic',
    { CONTENT: { topic: { enabled: false } } },
    ['TEXT', 'COMMENT', 'POLL', 'SCENE'],
    { topic: 'Clocks' },
  ],
  [
    'the text',
    { CONTENT: { text: { enabled: false } } },
    ['TOPIC', 'COMMENT', 'POLL', 'SCENE'],
    { content: '' },
  ],
  [
    'the comment',
    { SARCASM: { comment_enabled: false } },
    ['TOPIC', 'TEXT', 'POLL', 'SCENE'],
    { sarcasm: { comment: '' } },
  ],
  [
    'the poll',
    { SARCASM: { poll_enabled: false } },
    ['TOPIC', 'TEXT', 'COMMENT', 'SCENE'],
    { sarcasm: { poll: {} } },
  ],
  [
    'sarcasm as a whole',
    { SARCASM: { enabled: false } },
    ['TOPIC', 'TEXT', 'SCENE'],
    { sarcasm: { comment: '', poll: {} } },
  ],
];

test.each(OFF)(
  'C2 with %s switched off, it is not asked for, and the post says so by an empty place',
  async (_name, off, stages, rest) => {
    const config: Json = structuredClone(CONFIG);
    for (const [section, values] of Object.entries<Json>(off))
      for (const [name, value] of Object.entries<Json>(values))
        config[section][name] = typeof value === 'object' ? { ...config[section][name], ...value } : value;
    await using mill = await Mill.start({ config });
    expect((await mill.run()).stop).toBe('waiting');
    expect([...asked(mill).keys()]).toEqual(stages);
    expect(await mill.json(POST)).toMatchObject(rest);
  },
);

test('C2 tragic_text switched off: tragic focuses use the ordinary text', async () => {
  const { CONTENT } = CONFIG;
  const config = {
    ...CONFIG,
    CONTENT: {
      ...CONTENT,
      focuses: ['Shipwrecks (т)'],
      tragic_text: { ...CONTENT.tragic_text, enabled: false },
    },
  };
  await using mill = await Mill.start({ config });
  await mill.run();
  expect([...asked(mill).keys()]).toEqual(['TOPIC', 'TEXT', 'SADCOMMENT', 'SADPOLL', 'SCENE']);
});

test('C3 script and first frame come from one structured answer, with one approach and one restriction by chance', async () => {
  await using mill = await Mill.start({ config: CONFIG });
  mill.chance = 0.99;
  await mill.run();
  const scene = asked(mill).get('SCENE') as Exchange;
  expect(promptOf(scene)).toMatch(/ \/ In one breath\. \/ No people\.$/);
  const schema = scene.json.response_format.json_schema.schema;
  expect(Object.keys(schema.properties)).toEqual(['script', 'first_frame_description']);
  const { script, first_frame_description: frame } = await mill.json(POST);
  expect(script.length).toBeGreaterThan(20);
  expect(frame.length).toBeGreaterThan(20);
});

test('C3 a template of the old scripts, without a place for the approach, gets it all the same', async () => {
  const PROMPTS = { user_prompt_combined: 'SCENE of {topic}, choose from creative_prompts, {restriction}' };
  await using mill = await Mill.start({ config: { ...CONFIG, PROMPTS } });
  await mill.run();
  expect(promptOf(asked(mill).get('SCENE') as Exchange)).toContain('From above.');
});

test.each([
  [
    'a sentence',
    'Half of the text is this one sentence here. Then comes another one that is far too long.',
    43,
  ],
  [
    'a word, when no sentence is long enough',
    'Yes. Then comes one that is far too long for the little room that is left.',
    60,
  ],
])('C2 a text over max_length ends with %s', async (_name, text, end) => {
  const { CONTENT } = CONFIG;
  await using mill = await Mill.start({
    config: { ...CONFIG, CONTENT: { ...CONTENT, text: { ...CONTENT.text, max_length: 60 } } },
  });
  mill.wire.middleman = (exchange, ask) =>
    exchange.provider === 'openai' && promptOf(exchange).startsWith('TEXT') ? answering(ask, text) : null;
  await mill.run();
  expect((await mill.json(POST)).content).toBe(text.slice(0, end));
});

test('C1 the tracker names the focuses, avoids the used ones, and tells the model which labels to avoid', async () => {
  await using mill = await Mill.start({ config: CONFIG });
  await mill.put(TRACKER, {
    all_focuses: ['Bridges', 'Maps'],
    used_focuses: ['Bridges'],
    focus_data: { Maps: ['Sand Island', 'Null Island'] },
  });
  await mill.run();
  expect(promptOf(asked(mill).get('TOPIC') as Exchange)).toContain(
    'TOPIC in Maps, not Sand Island, Null Island;',
  );
  const tracker = await mill.json(TRACKER);
  expect(tracker.used_focuses).toEqual(['Bridges', 'Maps']);
  expect(tracker.focus_data.Maps).toHaveLength(3);
  expect(tracker.focus_data.Maps.slice(0, 2)).toEqual(['Sand Island', 'Null Island']);
});

test('C1 a channel without a tracker begins one with the focuses of its configuration', async () => {
  await using mill = await Mill.start({ config: CONFIG });
  await mill.run();
  const tracker = await mill.json(TRACKER);
  expect(tracker).toMatchObject({ all_focuses: ['Clocks'], used_focuses: ['Clocks'] });
  expect(tracker.focus_data.Clocks).toHaveLength(1);
});

test('C1 no focus anywhere is an error of the configuration, before anything is paid', async () => {
  await using mill = await Mill.start({ config: { ...CONFIG, CONTENT: { ...CONFIG.CONTENT, focuses: [] } } });
  const advice = expect.stringMatching(/CONTENT\.focuses .* `all_focuses` of data\/topics_tracker\.json/);
  expect(await mill.run()).toMatchObject({ stop: 'failed', failure: { code: 'config_invalid', advice } });
  expect(mill.ledger).toEqual([]);
});

test.each(['cut', 'malformed', 'wrong-content'] as const)(
  'D13 an answer that is %s is asked for again, and the post is made of good ones only',
  async (type) => {
    await using mill = await Mill.start({ config: CONFIG });
    // The fifth text is the scene.
    mill.sandbox.setFaults([{ provider: 'openai', skip: 4, times: 1, action: { type } }]);
    expect((await mill.run()).stop).toBe('waiting');
    expect(mill.paid()).toEqual({ text: 6, image: 1 });
    expect((await mill.json(POST)).script.trim()).not.toBe('');
  },
);

test('D13 a refusal is a decision of the model: it is reported, and asking again would only pay again', async () => {
  await using mill = await Mill.start({ config: CONFIG });
  mill.sandbox.setFaults([{ provider: 'openai', skip: 4, times: 1, action: { type: 'refusal' } }]);
  expect(await mill.run()).toMatchObject({ stop: 'failed', failure: { code: 'provider_refused' } });
  expect(mill.paid()).toEqual({ text: 5 });
});

test.each(['refusal', 'content_filter'] as const)(
  'I3 I4 I6 a text that the model refuses (%s) is not paid for again: the post is dropped, and the next main run makes another',
  async (form) => {
    await using mill = await Mill.start({ config: CONFIG });
    mill.sandbox.setFaults([{ provider: 'openai', skip: 1, action: { type: 'refusal', form } }]);
    const refused = await mill.run();
    expect(refused).toMatchObject({ stop: 'failed', failure: { code: 'provider_refused' } });
    expect(refused.actions.at(-1)).toEqual({ action: 'write-content', event: 'content-abandoned' });
    expect(mill.complaints().at(-1)).toMatch(
      /^Writing the text was refused .*[^.]; the post is dropped .*\. The next main run begins another post with another topic\.$/,
    );
    expect(await mill.json(GENERATION)).toEqual({ generation_id: null });
    expect((await mill.run({ mode: 'check' })).stop).toBe('nothing-active');
    expect(mill.paid()).toEqual({ text: 2 });

    // A run that died before it could drop the post, but not before it had counted.
    await mill.put(GENERATION, { generation_id: FIRST_ID });
    const dropped = await mill.run();
    expect(dropped.failure?.message).toBe(
      'The model refuses to write the text of this post; the post is dropped',
    );
    expect(mill.paid()).toEqual({ text: 2 });

    mill.sandbox.setFaults([]);
    await mill.until('20:30');
    const next = await mill.run();
    expect(next).toMatchObject({ stop: 'waiting', id: '20260201-2030' });
    expect(mill.paid()).toEqual({ text: 7, image: 1 });
  },
);

test.each([
  ['malformed', 3, 2, [6, 1]],
  ['cut', 3, 2, [6, 1]],
  ['malformed', 0, 2, [6]],
  ['malformed', 1, 0, [4, 1]],
] as const)(
  'I4 I6 D13 answers that are always %s, with max_retries %i and answer_retries %i: the post is dropped after as many, and the channel goes on',
  async (type, max_retries, answer_retries, paid) => {
    await using mill = await Mill.start({
      config: { ...CONFIG, GENERATE: { answer_retries }, WORKFLOW: { max_retries } },
    });
    mill.sandbox.setFaults([{ provider: 'openai', skip: 3, action: { type } }]);
    let before = 0;
    for (const [day, texts] of paid.entries()) {
      const run = await mill.run();
      const last = day === paid.length - 1;
      expect(run.actions.at(-1)).toMatchObject({ event: last ? 'content-abandoned' : null });
      expect(run.failure?.advice.includes('begins another post')).toBe(last);
      expect((mill.paid()['text'] ?? 0) - before).toBe(texts);
      before += texts;
      await mill.until('20:30');
    }
    mill.sandbox.setFaults([]);
    expect((await mill.run()).stop).toBe('waiting');
    expect(await mill.json(POST)).toBeNull();
  },
);

test('D13 I2 answers of no use are counted in a row: a text that comes in the end begins the count anew', async () => {
  await using mill = await Mill.start({ config: CONFIG });
  const asked: Record<string, number> = {};
  mill.wire.middleman = (exchange, ask) => {
    const name = exchange.provider === 'openai' ? (promptOf(exchange).split(/[\s:]/)[0] ?? '') : '';
    if (!['TOPIC', 'POLL', 'SCENE'].includes(name)) return null;
    asked[name] = (asked[name] ?? 0) + 1;
    return asked[name] < 3 ? answering(ask, 'no object') : null;
  };
  expect((await mill.run()).stop).toBe('waiting');
  expect(mill.paid()).toEqual({ text: 11, image: 1 });
});

test.each([400, 401, 429])(
  'I2 I4 HTTP %i costs nothing and says that something is to be mended: the post waits for that, however long',
  async (status) => {
    await using mill = await Mill.start({ config: CONFIG });
    mill.sandbox.setFaults([{ provider: 'openai', skip: 2, action: { type: 'status', status } }]);
    for (let day = 0; day < 6; day += 1) {
      expect((await mill.run()).stop).toBe('failed');
      await mill.until('20:30');
    }
    expect(mill.paid()).toEqual({ text: 2 });
    mill.sandbox.setFaults([]);
    expect(await mill.run()).toMatchObject({ stop: 'waiting', id: FIRST_ID });
    expect(mill.paid()).toEqual({ text: 5, image: 1 });
  },
);

test('D13 answers that stay bad end the run after answer_retries, with nothing saved as a post', async () => {
  for (const [type, code] of [
    ['cut', 'answer_truncated'],
    ['malformed', 'provider_bad_answer'],
  ] as const) {
    await using mill = await Mill.start({ config: { ...CONFIG, GENERATE: { answer_retries: 1 } } });
    mill.sandbox.setFaults([{ provider: 'openai', skip: 3, action: { type } }]);
    expect(await mill.run()).toMatchObject({ stop: 'failed', failure: { code } });
    expect(mill.paid()).toEqual({ text: 5 });
    expect(await mill.json(POST)).toBeNull();
    expect(await mill.json(GENERATION)).toEqual({ generation_id: FIRST_ID });
  }
});

const GOOD_POLL = { question: 'Why?', options: ['One', 'Two', 'Three'] };
const BAD_POLLS: readonly [string, Json][] = [
  ['a question of 301 characters', { ...GOOD_POLL, question: 'q'.repeat(301) }],
  ['an option of 101 characters', { ...GOOD_POLL, options: ['o'.repeat(101), 'Two', 'Three'] }],
  ['two options', { ...GOOD_POLL, options: ['One', 'Two'] }],
  ['a blank option', { ...GOOD_POLL, options: ['One', ' ', 'Three'] }],
];

test.each(BAD_POLLS)('D13 a poll with %s is not taken; the next answer is', async (_name, bad) => {
  await using mill = await Mill.start({ config: CONFIG });
  let polls = 0;
  mill.wire.middleman = (exchange, ask) => {
    if (exchange.provider !== 'openai' || !promptOf(exchange).startsWith('POLL')) return null;
    polls += 1;
    return answering(ask, polls === 1 ? bad : GOOD_POLL);
  };
  await mill.run();
  expect(polls).toBe(2);
  expect((await mill.json(POST)).sarcasm.poll).toEqual(GOOD_POLL);
});

test('D13 the longest poll that Telegram takes is taken', async () => {
  const longest = { question: 'q'.repeat(300), options: ['a'.repeat(100), 'b'.repeat(100), 'c'.repeat(100)] };
  await using mill = await Mill.start({ config: CONFIG });
  mill.wire.middleman = (exchange, ask) =>
    exchange.provider === 'openai' && promptOf(exchange).startsWith('POLL') ? answering(ask, longest) : null;
  await mill.run();
  expect((await mill.json(POST)).sarcasm.poll).toEqual(longest);
  expect(mill.paid()['text']).toBe(5);
});

test('D14 a topic is recorded only with the content that used it, and then once', async () => {
  await using mill = await Mill.start({ config: CONFIG });
  mill.sandbox.setFaults([{ provider: 'openai', skip: 4, action: { type: 'status', status: 500 } }]);
  expect((await mill.run()).stop).toBe('failed');
  expect(await mill.json(TRACKER)).toBeNull();
  expect(await mill.json(POST)).toBeNull();

  mill.sandbox.setFaults([]);
  await mill.advance(3_600);
  await mill.run();
  const { topic } = await mill.json(POST);
  expect(promptOf(asked(mill).get('SCENE') as Exchange)).toContain(topic);
  expect(await mill.json(TRACKER)).toMatchObject({ used_focuses: ['Clocks'] });
  expect((await mill.json(TRACKER)).focus_data.Clocks).toHaveLength(1);
  expect(mill.paid()).toEqual({ text: 5, image: 1 });
});

test('D14 a text that could not be saved has used no topic: the tracker is written after it', async () => {
  let broken = true;
  await using mill = await Mill.start({
    config: CONFIG,
    throughStore: (store) =>
      wrappedStore(store, {
        put: async (key, source, options) =>
          broken && key === POST
            ? failure('store_unavailable', 'the disk is full', { key }, { effect: 'refused' })
            : store.put(key, source, options),
      }),
  });
  expect(await mill.run()).toMatchObject({ stop: 'failed', failure: { code: 'store_unavailable' } });
  expect(await mill.json(TRACKER)).toBeNull();
  broken = false;
  await mill.run();
  expect(await mill.json(TRACKER)).toMatchObject({ used_focuses: ['Clocks'] });
  expect(mill.paid()).toEqual({ text: 5, image: 1 });
});

test('D14 D6 a run that died between the text and the tracker: the next one records the topic, and pays nothing', async () => {
  await using mill = await Mill.start({ config: CONFIG });
  await mill.run();
  const tracker = await mill.json(TRACKER);
  await mill.remove(TRACKER);
  await mill.put(IMAGE, { generation: false });
  await mill.run();
  expect(await mill.json(TRACKER)).toEqual(tracker);
  expect(mill.paid()['text']).toBe(5);
});

test('C1 C2 I2 with topics switched off the focuses still take turns, and a lost text comes back from the journal', async () => {
  const { CONTENT } = CONFIG;
  const off = { ...CONTENT, focuses: ['Clocks', 'Maps'], topic: { ...CONTENT.topic, enabled: false } };
  await using mill = await Mill.start({ config: { ...CONFIG, CONTENT: off } });
  await mill.run();
  expect(await mill.json(TRACKER)).toMatchObject({
    used_focuses: ['Clocks'],
    focus_data: { Clocks: ['Clocks'] },
  });
  const post = await mill.json(POST);
  await mill.remove(POST);
  valueOf(await repair(mill.surroundings, { apply: true }));
  expect(await mill.json(POST)).toEqual(post);
  await mill.advance(600);
  await mill.run({ mode: 'check' });
  await mill.putGroup('archive/', FIRST_ID);
  await mill.remove(POST, `666/${FIRST_ID}.png`, `666/${FIRST_ID}.mp4`);
  await mill.until('20:30');
  const second = await mill.run();
  expect(await mill.json(`666/${second.id}.json`)).toMatchObject({ topic: 'Maps' });
});

test('C2 a focus that is nothing but a mark is a topic all the same', async () => {
  const { CONTENT } = CONFIG;
  const off = { ...CONTENT, focuses: ['(т)'], topic: { ...CONTENT.topic, enabled: false } };
  await using mill = await Mill.start({ config: { ...CONFIG, CONTENT: off } });
  expect((await mill.run()).stop).toBe('waiting');
  expect(await mill.json(POST)).toMatchObject({ topic: '(т)' });
});

const LONG_FOCUS = `${'F'.repeat(496)} (т)`;

test.each([true, false])(
  'I4 S1 whatever the configuration and the models may make as long as they like can be read again, with a topic of its own: %s',
  async (enabled) => {
    const { CONTENT, SARCASM } = CONFIG;
    const idea = 'i'.repeat(1_000);
    await using mill = await Mill.start({
      config: {
        ...CONFIG,
        CONTENT: {
          ...CONTENT,
          focuses: [LONG_FOCUS],
          topic: { ...CONTENT.topic, max_length: 4_000, enabled },
          tragic_text: { ...CONTENT.tragic_text, max_length: 4_000 },
        },
        SARCASM: { ...SARCASM, max_tokens_comment: 100_000 },
        creative_prompts: [idea],
        restrictions: [idea],
      },
    });
    const long = 'word '.repeat(1_200);
    const answers: Readonly<Record<string, unknown>> = {
      TOPIC: { full_topic: 't'.repeat(500), short_topic: 's'.repeat(100) },
      SADTEXT: long,
      SADCOMMENT: long,
      SADPOLL: { question: 'q'.repeat(300), options: ['a', 'b', 'c'].map((letter) => letter.repeat(100)) },
      SCENE: { script: 'x'.repeat(4_000), first_frame_description: 'f'.repeat(4_000) },
    };
    mill.wire.middleman = (exchange, ask) => {
      const name = exchange.provider === 'openai' ? promptOf(exchange).split(/[\s:]/)[0] : undefined;
      return name !== undefined && name in answers ? answering(ask, answers[name]) : null;
    };
    expect((await mill.run()).stop).toBe('waiting');
    const { content, sarcasm } = await mill.json(POST);
    expect(content).toMatch(/^word .*word$/);
    expect([content.length, sarcasm.comment.length]).toEqual([3_999, 3_999]);
    expect(journalSchema.parse(await mill.json(`journal/${FIRST_ID}.json`)).draft).toMatchObject({
      focus: LONG_FOCUS,
      comment: sarcasm.comment,
    });
    await mill.advance(600);
    expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done', failure: null });
    await mill.until('20:30');
    expect(await mill.run()).toMatchObject({ failure: null });
    expect(await mill.json(TRACKER)).toMatchObject({ used_focuses: [LONG_FOCUS] });
  },
);

test('C1 I4 a focus of an older tracker that is longer than any of the configuration is used shortened, and kept as it is', async () => {
  await using mill = await Mill.start({ config: CONFIG });
  const focus = `${'Old '.repeat(300)}(т)`;
  await mill.put(TRACKER, { all_focuses: [focus, 'Maps'], focus_data: { [focus]: ['Sand Island'] } });
  await mill.run();
  const prompt = promptOf(asked(mill).get('TOPIC') as Exchange);
  expect(prompt).toContain('not Sand Island;');
  expect(prompt.length).toBeLessThan(600);
  expect([...asked(mill).keys()]).toContain('SADTEXT');
  const tracker = await mill.json(TRACKER);
  expect(tracker).toMatchObject({ all_focuses: [focus, 'Maps'], used_focuses: [focus] });
  expect(tracker.focus_data[focus]).toHaveLength(2);
  await mill.advance(600);
  expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done', failure: null });
});

/** The provider's own answer with another text in it. */
async function answering(ask: () => Promise<{ status: number; json: unknown }>, value: unknown) {
  const { status, json } = (await ask()) as { status: number; json: Json };
  const [choice] = json.choices;
  const content = typeof value === 'string' ? value : JSON.stringify(value);
  const message = { ...choice.message, content };
  return { status, json: { ...json, choices: [{ ...choice, message }] } };
}
