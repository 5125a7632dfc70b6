import { describe, expect, test } from 'vitest';

import { pollSchema } from '../domain/post.ts';
import { ENGLISH_STORIES } from './english-stories.ts';
import { RUSSIAN_STORIES } from './russian-stories.ts';
import { sceneOf } from './scene-variety.ts';

const ALL = [...ENGLISH_STORIES, ...RUSSIAN_STORIES];
const words = (text: string) => text.split(/\s+/).filter((word) => /[\p{L}\d]/u.test(word)).length;

test('there are eight stories in each language, none twice', () => {
  expect([ENGLISH_STORIES.length, RUSSIAN_STORIES.length]).toEqual([8, 8]);
  expect(new Set(ALL.map(({ shortTopic }) => shortTopic)).size).toBe(16);
});

describe.each(ALL)('$shortTopic', (story) => {
  test('keeps to what the prompts ask for', () => {
    expect(words(story.text)).toBeGreaterThanOrEqual(80);
    expect(words(story.text)).toBeLessThanOrEqual(100);
    expect(story.text.length).toBeLessThanOrEqual(800);
    expect(story.text.split('\n\n')).toHaveLength(3);
    expect(words(story.fullTopic)).toBeLessThanOrEqual(13);
    expect(words(story.shortTopic)).toBeLessThanOrEqual(2);
    expect(words(story.comment)).toBeLessThanOrEqual(20);
    expect(pollSchema.safeParse(story.poll).success).toBe(true);
    expect(words(story.poll.question)).toBeLessThanOrEqual(20);
  });

  test('is of one language, its scene in English and within 450 characters', () => {
    const own = [story.fullTopic, story.text, story.comment, story.poll.question, ...story.poll.options].join(
      ' ',
    );
    expect(/[а-яё]/i.test(own)).toBe(RUSSIAN_STORIES.includes(story));
    expect(/[а-яё]/i.test(story.script + story.firstFrame)).toBe(false);
    for (let number = 0; number < 1000; number += 111) {
      const { script, firstFrame } = sceneOf(story, number);
      expect(Math.max(script.length, firstFrame.length)).toBeLessThanOrEqual(450);
    }
  });
});

test.each([ENGLISH_STORIES, RUSSIAN_STORIES])(
  'some stories of each language are sad, most are not',
  (...stories) => {
    expect(stories.filter(({ tragic }) => tragic)).toHaveLength(2);
  },
);

test('a thousand scenes of one story in a row all differ', () => {
  const [story] = ENGLISH_STORIES;
  if (story === undefined) throw new Error('no story');
  const scenes = Array.from({ length: 1000 }, (_, number) => sceneOf(story, number));
  expect(new Set(scenes.map(({ script }) => script)).size).toBe(1000);
  expect(new Set(scenes.map(({ firstFrame }) => firstFrame)).size).toBe(1000);
});
