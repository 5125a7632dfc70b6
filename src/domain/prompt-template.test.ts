import { expect, test } from 'vitest';
import { fillTemplate, placeholdersIn } from './prompt-template.ts';

test('C2 fills known names, as often as they occur', () => {
  expect(fillTemplate('{topic}, again {topic}: {text}', { topic: 'zip', text: 'x' })).toBe(
    'zip, again zip: x',
  );
});

test('C3 leaves the JSON example and unknown names of a prompt alone', () => {
  const template = 'About {topic}. {"script": "…", "n": {}} {unknown} { topic }';
  expect(fillTemplate(template, { topic: 'zip' })).toBe(
    'About zip. {"script": "…", "n": {}} {unknown} { topic }',
  );
});

test('C2 a value cannot bring in another placeholder or a replacement pattern', () => {
  expect(fillTemplate('{topic}|{text}', { topic: '{text}', text: "$& $1 $'" })).toBe("{text}|$& $1 $'");
});

test('C2 names that every object has are not taken for values', () => {
  expect(fillTemplate('{constructor} {tostring}', {})).toBe('{constructor} {tostring}');
});

test('C2 lists the placeholders of a template once each', () => {
  expect(placeholdersIn('{b} {a} {b} {"a": {}}')).toEqual(['b', 'a']);
});
