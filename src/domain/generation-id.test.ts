import * as fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { generationIdAt, isGenerationId, nextFreeGenerationId, type GenerationId } from './generation-id.ts';

afterEach(() => vi.unstubAllEnvs());

test('S3 the id is the minute in UTC, whatever zone the machine is in', () => {
  vi.stubEnv('TZ', 'Asia/Vladivostok');
  expect(new Date(0).getTimezoneOffset()).not.toBe(0);
  expect(generationIdAt(new Date('2026-01-31T23:59:59.999Z'))).toBe('20260131-2359');
  expect(generationIdAt(new Date('2026-02-01T06:30:00+10:00'))).toBe('20260131-2030');
  expect(isGenerationId('20260131-2030')).toBe(true);
});

test('S3 only names of that form are ids, so that none can be a path', () => {
  const wrong = [
    '',
    '20260131-203',
    '20260131-20300',
    '20260131_2030',
    '20260230-2030',
    '20261301-2030',
    '20260131-2460',
    '../../etc/passwd',
    '20260131-2030/..',
    '20260131-2030\n',
    ' 20260131-2030',
    20_260_131,
    null,
    undefined,
    ['20260131-2030'],
  ];
  for (const text of wrong) expect(isGenerationId(text), JSON.stringify(text)).toBe(false);
});

test('S3 every minute of four centuries has an id, and later minutes sort later', () => {
  const minute = fc.integer({ min: Date.UTC(1800, 0) / 60_000, max: Date.UTC(2200, 0) / 60_000 });
  fc.assert(
    fc.property(minute, minute, (one, other) => {
      const [first, second] = [one, other].map((minutes) => generationIdAt(new Date(minutes * 60_000)));
      expect(isGenerationId(first)).toBe(true);
      expect(Math.sign(one - other)).toBe(first === second ? 0 : (first ?? '') < (second ?? '') ? -1 : 1);
    }),
  );
});

test('D9 a taken id gives way to the first free minute, over hours, days and years', () => {
  const taken = new Set(['20261231-2358', '20261231-2359', '20270101-0000']);
  const next = (from: string): GenerationId => nextFreeGenerationId(new Date(from), (id) => taken.has(id));
  expect(next('2026-12-31T23:57:30Z')).toBe('20261231-2357');
  expect(next('2026-12-31T23:58:30Z')).toBe('20270101-0001');
});
