import { describe, expect, test } from 'vitest';

import { topicSchema } from '../domain/post.ts';
import { Answerer } from './answerer.ts';
import { ENGLISH_STORIES } from './english-stories.ts';
import { RUSSIAN_STORIES } from './russian-stories.ts';

const request = (prompt: string, pictures = 0) => ({
  model: 'gpt-4o',
  prompt,
  pictures,
  maxTokens: 4_000,
  format: { type: 'json_object' as const },
});

const topicFor = (answerer: Answerer, prompt: string): string =>
  topicSchema.parse(JSON.parse(answerer.answer(request(`${prompt} {"full_topic", "short_topic"}`))))
    .short_topic;

describe('topics', () => {
  test('a template whose own words fit one story does not bring that story every day', () => {
    const answerer = new Answerer();
    const days = ['понедельник', 'вторник', 'среда', 'четверг', 'пятница', 'суббота'];
    const told = days.map((day) =>
      topicFor(answerer, `Ты редактор канала о ремёслах и ремесле. День: ${day}.`),
    );
    expect(told[0]).toBe('Чемоданы Менделеева');
    expect(new Set(told).size).toBeGreaterThanOrEqual(5);
  });

  test('no story is told twice while another waits, whatever the focus and the words of the template', () => {
    const answerer = new Answerer();
    const day = (focus: string) =>
      topicFor(answerer, `The zip, the paper bag, the pencil eraser. Today's shelf: ${focus}`);
    const shelves = ['Doors', 'Fasteners', 'Post', 'Cold', 'Pockets, bags and everything carried', 'Sewing'];
    const told = shelves.map((focus) => day(focus));
    expect(new Set(told).size).toBe(Math.min(told.length, ENGLISH_STORIES.filter((s) => !s.tragic).length));
  });

  test.each([
    ['Today is a bright day', ENGLISH_STORIES],
    ['Сегодня просто ясный день', RUSSIAN_STORIES],
  ])('a sad story is told only when its focus is asked for: %s', (prompt, stories) => {
    const answerer = new Answerer();
    const told = Array.from({ length: 18 }, (_, day) => topicFor(answerer, `${prompt} ${day}`));
    const sad = stories.filter(({ tragic }) => tragic).map(({ shortTopic }) => shortTopic);
    expect(new Set(told)).toEqual(
      new Set(stories.filter(({ tragic }) => !tragic).map(({ shortTopic }) => shortTopic)),
    );
    const asked = topicFor(answerer, `${prompt} (t) (т)`);
    expect(sad).toContain(asked);
    expect(sad).toContain(topicFor(answerer, `${prompt} (t) (т), not ${asked}`));
  });

  test('when every story is used up, they begin anew', () => {
    const used = ENGLISH_STORIES.map(({ shortTopic }) => shortTopic).join(', ');
    expect(used).toContain(topicFor(new Answerer(), `Not these: ${used}`));
  });
});

test.each([
  ['Which picture is best?', /^It follows/],
  ['Какая картинка лучше всего подходит?', /^Она точнее/],
])('P4 the reason of a verdict is in the language of the question: %s', (prompt, expected) => {
  const verdict: unknown = JSON.parse(new Answerer().answer(request(prompt, 4)));
  expect(verdict).toMatchObject({ images: expect.any(Array), reason: expect.stringMatching(expected) });
});
