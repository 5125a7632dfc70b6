import { expect, test } from 'vitest';
import { RUNWAY_MODELS, nearestRunwayDuration, nearestRunwayRatio, parseRatio } from './runway-limits.ts';

test.each([
  ['gen4_turbo', '1280:768', '1280:720'],
  ['gen4_turbo', '768:1280', '720:1280'],
  ['gen4.5', '1000:1000', '960:960'],
  ['gen4.5', '2560:1080', '1584:672'],
  ['veo3.1', '1920:1088', '1920:1080'],
  ['veo3.1', '640:360', '1280:720'],
  ['gen4_turbo', '960:960', '960:960'],
])('P5 %s asked for %s gets %s', (model, wanted, sent) => {
  expect(nearestRunwayRatio(model, wanted)).toBe(sent);
});

test('P5 an unknown model or unreadable ratio is left as it is', () => {
  expect(nearestRunwayRatio('gen9', '1280:768')).toBe('1280:768');
  expect(nearestRunwayRatio('constructor', '1280:768')).toBe('1280:768');
  expect(nearestRunwayRatio('gen4_turbo', 'wide')).toBe('wide');
});

test.each([
  ['veo3.1', 10, 8],
  ['veo3.1', 5, 6],
  ['gen4_turbo', 10, 10],
  ['gen4.5', 1, 2],
  ['gen9', 60, 60],
])('P5 %s asked for %d seconds gets %d', (model, wanted, sent) => {
  expect(nearestRunwayDuration(model, wanted)).toBe(sent);
});

test('P5 every ratio of the table can be read', () => {
  for (const { ratios } of Object.values(RUNWAY_MODELS))
    for (const ratio of ratios) expect(parseRatio(ratio), ratio).not.toBeNull();
});

test('P4 a size may be written with x or ×, and never with zero', () => {
  expect(parseRatio('1280×720')).toEqual({ width: 1280, height: 720 });
  expect(parseRatio(' 1280 x 720 ')).toEqual({ width: 1280, height: 720 });
  expect(parseRatio('0x720')).toBeNull();
  expect(parseRatio('-1:2')).toBeNull();
});
