/** S6: what is allowed and cannot be meant is pointed out. */
import { expect, test } from 'vitest';

import { checkConfig } from './check.ts';
import { describeNote, describeProblem } from './problem.ts';

function notesOf(raw: object): readonly string[] {
  const report = checkConfig(JSON.stringify(raw));
  if (!report.ok) throw new Error(report.problems.map(describeProblem).join('\n'));
  return report.notes.map(describeNote);
}

const weighing = (...weights: readonly number[]) =>
  weights.map((weight, index) => ({ name: `Criterion ${index + 1}`, weight }));
const judging = (image_selection_criteria: object, more: object = {}) => ({
  VISUAL_ANALYSIS: { image_selection_criteria, ...more },
});

test('S6 P4 criteria that all weigh nothing are pointed out while the judge is paid for them', () => {
  expect(notesOf(judging(weighing(0, 0)))).toEqual([
    expect.stringMatching(/^VISUAL_ANALYSIS\.image_selection_criteria: weighs nothing/),
  ]);
  expect(notesOf(judging(weighing(0, 0.1)))).toEqual([]);
  expect(notesOf(judging(weighing(0, 0), { enabled: false }))).toEqual([]);
});

test('S6 P4 two criteria of one name are refused: the scores of one would take the place of the other’s', () => {
  const twice = [...weighing(1, 1, 1), { name: ' Criterion 2', weight: 2 }];
  const report = checkConfig(JSON.stringify(judging(twice)));
  expect(report.ok ? [] : report.problems).toMatchObject([
    { path: 'VISUAL_ANALYSIS.image_selection_criteria[3].name', suggestion: expect.stringContaining('own') },
  ]);
});

test('S6 D13 a token limit that cannot hold a verdict is pointed out, with one that can', () => {
  const eighteen = weighing(...Array.from({ length: 18 }, () => 1));
  const [note, ...others] = notesOf(judging(eighteen, { image_selection_max_tokens: 200 }));
  expect(others).toEqual([]);
  expect(note).toMatch(/^VISUAL_ANALYSIS\.image_selection_max_tokens: .*18 criteria.*Write `350` or more/);
  // The limit that the old scripts used for as many criteria.
  expect(notesOf(judging(eighteen, { image_selection_max_tokens: 500 }))).toEqual([]);
  expect(notesOf(judging(weighing(1), { image_selection_max_tokens: 100 }))).toEqual([]);
  expect(notesOf(judging(eighteen, { image_selection_max_tokens: 200, enabled: false }))).toEqual([]);
});

test('S6 P4 P5 a picture in one orientation and a video in the other are pointed out', () => {
  const shapes = (output_size: string, runway_ratio: string) =>
    notesOf({ IMAGE_GENERATION: { output_size }, VIDEO: { runway_ratio } });
  expect(shapes('720x1280', '1280:720')).toEqual([
    expect.stringMatching(/^VIDEO\.runway_ratio: asks for a wide video .*Write `720:1280`/),
  ]);
  expect(shapes('1920x1080', '720:1280')).toEqual([
    expect.stringMatching(/^VIDEO\.runway_ratio: asks for a tall video .*Write `1280:720`/),
  ]);
  expect(shapes('720x1280', '832:1104')).toEqual([]);
  expect(shapes('960x960', '1280:720')).toEqual([]);
  expect(shapes('1280x720', '960:960')).toEqual([]);
});

test.each(['https://s3.example.com/clips', 'clips/posts', 'ab', 'a b c', 'x'.repeat(64), '-clips'])(
  'S6 %s is pointed out: no bucket can have this name',
  (bucket_name) => {
    expect(notesOf({ API_KEYS: { b2: { bucket_name } } })).toEqual([
      expect.stringMatching(/^API_KEYS\.b2\.bucket_name: is a name that no bucket can have/),
    ]);
  },
);

test.each(['clips', 'my.clips-2', 'My_Clips', 'x'.repeat(63)])('S6 %s may be a bucket', (bucket_name) => {
  expect(notesOf({ API_KEYS: { b2: { bucket_name } } })).toEqual([]);
});
