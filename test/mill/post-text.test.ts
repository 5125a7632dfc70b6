/** What becomes of the model's answers in the post: each in its own place, whole, and readable by other programs. */
import { expect, test } from 'vitest';
import { FIRST_ID, IMAGE, Mill, type MillOptions } from '../support/mill.ts';
import type { Exchange } from '../support/wire.ts';

const POST = `666/${FIRST_ID}.json`;

const CONFIG = {
  CONTENT: {
    focuses: ['Clocks'],
    topic: { prompt_template: 'TOPIC in {focus_areas} {exclusions}' },
    text: { prompt_template: 'TEXT about {topic}' },
  },
  SARCASM: { comment_prompt: 'COMMENT on {text}', question_prompt: 'POLL on {text}' },
  PROMPTS: { user_prompt_combined: 'SCENE of {topic} / {creative_prompt} / {restriction}' },
  creative_prompts: ['From above.'],
  restrictions: ['No green.'],
} satisfies MillOptions['config'];

const POLL = { question: 'Whose clock is right?', options: ['Mine', 'Yours', 'Nobody’s'] };
const SCENE = { script: 'The hands stand still.', first_frame_description: 'A station clock at noon.' };
const ANSWERS: Readonly<Record<string, unknown>> = {
  TOPIC: { full_topic: 'Why clocks disagree', short_topic: 'Clocks apart' },
  TEXT: 'No two clocks agree.',
  COMMENT: 'At least mine is mine.',
  POLL,
  SCENE,
};

function promptOf({ json }: Exchange): string {
  return json.messages[0].content;
}

/** A mill whose model answers with these, by the first word of the prompt. */
async function answering(
  answers: Readonly<Record<string, unknown>>,
  config: MillOptions['config'] = CONFIG,
): Promise<Mill> {
  const mill = await Mill.start({ config });
  mill.wire.middleman = (exchange, ask) => {
    const value =
      exchange.provider === 'openai' ? answers[promptOf(exchange).split(' ')[0] ?? ''] : undefined;
    return value === undefined ? null : said(ask, value);
  };
  return mill;
}

async function said(ask: () => Promise<{ status: number; json: unknown }>, value: unknown) {
  const answer = structuredClone(await ask()) as { status: number; json: { choices: { message: object }[] } };
  const content = typeof value === 'string' ? value : JSON.stringify(value);
  for (const choice of answer.json.choices) Object.assign(choice.message, { content });
  return answer;
}

function askedFor(mill: Mill, name: string): string {
  return (
    mill.wire
      .asked('openai')
      .map(promptOf)
      .find((prompt) => prompt.startsWith(name)) ?? ''
  );
}

test('C4 the post holds topic, content, sarcasm, script and first frame, each in its own place, and nothing else yet', async () => {
  await using mill = await answering(ANSWERS);
  await mill.run();
  const text = await mill.text(POST);
  expect(text).toBe(
    `${JSON.stringify(
      {
        topic: 'Why clocks disagree',
        content: 'No two clocks agree.',
        sarcasm: { comment: 'At least mine is mine.', poll: POLL },
        ...SCENE,
      },
      null,
      2,
    )}\n`,
  );
});

test('C2 without a text, comment and poll are about the topic', async () => {
  const CONTENT = { ...CONFIG.CONTENT, text: { enabled: false }, tragic_text: { enabled: false } };
  await using mill = await answering(ANSWERS, { ...CONFIG, CONTENT });
  await mill.run();
  expect((await mill.json(POST)).content).toBe('');
  expect(askedFor(mill, 'COMMENT')).toBe('COMMENT on Why clocks disagree');
  expect(askedFor(mill, 'POLL')).toContain('POLL on Why clocks disagree');
});

test('C3 what a template has no place for is said at its end', async () => {
  const PROMPTS = { user_prompt_combined: 'SCENE of {topic}' };
  await using mill = await answering(ANSWERS, { ...CONFIG, PROMPTS });
  await mill.run();
  expect(askedFor(mill, 'SCENE')).toContain(
    'SCENE of Why clocks disagree\n\nCreative approach: From above.\n\nRestriction: No green.',
  );
});

test('C2 no text is cut in the middle of a character', async () => {
  const CONTENT = {
    ...CONFIG.CONTENT,
    topic: { ...CONFIG.CONTENT.topic, max_length: 20 },
    text: { ...CONFIG.CONTENT.text, max_length: 20 },
  };
  const long = `${'時'.repeat(19)}🕰️ and more`;
  const answers = { ...ANSWERS, TOPIC: { full_topic: long, short_topic: 'x' }, TEXT: long };
  await using mill = await answering(answers, { ...CONFIG, CONTENT });
  await mill.run();
  const { content, topic } = await mill.json(POST);
  expect([content, topic]).toEqual(['時'.repeat(19), '時'.repeat(19)]);
  for (const prompt of mill.wire.asked('openai').map(promptOf)) expect(prompt.isWellFormed()).toBe(true);
});

test('P2 I4 a topic of any length, as another tool may have written it, gets its card', async () => {
  await using mill = await answering(ANSWERS);
  await mill.run();
  await mill.put(POST, { ...(await mill.json(POST)), topic: 'A very long story. '.repeat(400) });
  const { image } = await mill.state();
  await mill.put(IMAGE, { ...image, midjourney_task: null, status: 'timed_out_mock_needed' });
  expect(await mill.run({ mode: 'check' })).toMatchObject({ stop: 'task-done', failure: null });
  expect((await mill.json(POST)).media).toMatchObject({
    image: 'placeholder',
    reason: 'the state asked for it',
  });
});
