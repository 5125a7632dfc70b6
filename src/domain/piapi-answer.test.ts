import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { failureReason, imageCandidates } from './piapi-answer.ts';

const four = ['1', '2', '3', '4'].map((name) => `https://img.example.com/${name}.png`);
const grid = 'https://img.example.com/grid.png';

describe('P4 where the pictures are', () => {
  test('temporary_image_urls win over image_urls, which win over image_url', () => {
    const all = { temporary_image_urls: four, image_urls: ['https://other.example.com/1'], image_url: grid };
    expect(imageCandidates({ task_result: all })).toEqual({ urls: four, grid: false });
    expect(imageCandidates({ task_result: { ...all, temporary_image_urls: [] } })).toEqual({
      urls: ['https://other.example.com/1'],
      grid: false,
    });
    expect(
      imageCandidates({ task_result: { ...all, temporary_image_urls: null, image_urls: null } }),
    ).toEqual({
      urls: [grid],
      grid: true,
    });
  });

  test('the shape of the newer API is read too', () => {
    expect(imageCandidates({ data: { output: { temporary_image_urls: four } } })?.urls).toEqual(four);
    expect(imageCandidates({ output: { image_url: grid } })).toEqual({ urls: [grid], grid: true });
  });

  test.each([
    { task_type: 'upscale' },
    { meta: { task_type: 'upscale' } },
    { data: { task_type: 'upscale' } },
    { meta: { task_param: { origin_task_id: 'abc', index: '2' } } },
    { data: { input: { origin_task_id: 'abc', index: 1 } } },
  ])('a single picture of %j is no grid', (facts) => {
    const task_result = { image_url: grid };
    expect(imageCandidates({ task_result, ...facts })).toEqual({ urls: [grid], grid: false });
  });

  test.each([{ task_type: 'imagine' }, { meta: { task_param: { origin_task_id: '', index: '' } } }, {}])(
    'a single picture of %j is a grid, also when a list repeats it',
    (facts) => {
      const task_result = { image_url: grid, image_urls: [grid] };
      expect(imageCandidates({ task_result, ...facts })).toEqual({ urls: [grid], grid: true });
    },
  );

  test('what is no web address is left out, and repetitions with it', () => {
    const urls = [four[0], null, '', 'ftp://x/1', 'javascript:alert(1)', 7, four[0], ` ${four[1]} `];
    expect(imageCandidates({ task_result: { temporary_image_urls: urls } })?.urls).toEqual(four.slice(0, 2));
  });

  test('D5 a result without a usable address is null', () => {
    for (const task_result of [
      {},
      null,
      'text',
      { image_url: '' },
      { image_urls: [null] },
      { image_url: 'nope' },
    ])
      expect(imageCandidates({ status: 'finished', task_result })).toBeNull();
  });

  test('the number of pictures is bounded', () => {
    const many = Array.from({ length: 500 }, (_, index) => `https://img.example.com/${index}`);
    expect(imageCandidates({ task_result: { image_urls: many } })?.urls).toHaveLength(16);
  });
});

test('D5 the provider’s own reason is found in every shape', () => {
  expect(failureReason({ task_result: { error_messages: ['Banned  prompt', 'Second'] } })).toBe(
    'Banned prompt; Second',
  );
  expect(failureReason({ error: { raw_message: 'raw', message: 'shown' }, message: 'success' })).toBe(
    'raw; shown',
  );
  expect(failureReason({ data: { error: { message: 'timeout' } } })).toBe('timeout');
  expect(failureReason({ status: 'failed', message: 'success' })).toBeNull();
  expect(failureReason({ error: { message: 'x'.repeat(9_000) } })).toHaveLength(500);
});

test('no answer of any shape makes the reader throw', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (answer, result) => {
      imageCandidates(answer);
      imageCandidates({ ...answer, task_result: result, data: result, meta: result });
      failureReason({ ...answer, error: result, data: result, task_result: result });
    }),
  );
});
