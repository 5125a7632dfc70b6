import fc from 'fast-check';
import { expect, test } from 'vitest';
import { publicDocumentSchema } from './channel-state.ts';
import { idsIn, readablePart, readableText, soundFields } from './salvage.ts';

test('S1 a text that is cut anywhere gives the longest beginning that is JSON, and never a value that was not there', () => {
  const whole = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 6 });
  fc.assert(
    fc.property(whole, fc.double({ min: 0, max: 1, noNaN: true }), (value, share) => {
      const text = JSON.stringify(value, null, 1);
      const cut = text.slice(0, Math.floor(text.length * share));
      const part = readablePart(cut);
      expect(part.whole).toBe(cut === text || isJson(cut));
      if (part.value === undefined || part.whole) return;
      expect(isPartOf(part.value, JSON.parse(text))).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Each key and entry of `part` stands in `whole` as well; the last of a level may itself be a part. */
function isPartOf(part: unknown, whole: unknown): boolean {
  if (typeof part !== 'object' || part === null) return Object.is(part, whole);
  if (typeof whole !== 'object' || whole === null || Array.isArray(part) !== Array.isArray(whole))
    return false;
  return Object.entries(part).every(([key, value]) =>
    isPartOf(value, (whole as Record<string, unknown>)[key]),
  );
}

test('S1 a cut number is no number: what could be the beginning of another one is left out', () => {
  expect(readablePart('{"a": 1, "lock_epoch": 12').value).toEqual({ a: 1 });
  expect(readablePart('{"a": ["x", "y"').value).toEqual({ a: ['x', 'y'] });
  expect(readablePart('{"a": {"b": [1, {"c": "d"}').value).toEqual({ a: { b: [1, { c: 'd' }] } });
  expect(readablePart('nothing').value).toBeUndefined();
});

test('S1 brackets a thousand deep, and any bytes at all, are answered and not followed', () => {
  expect(readablePart('['.repeat(100_000)).whole).toBe(false);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const text = readableText(bytes);
      readablePart(text);
      expect(idsIn(text).every((id) => text.includes(id))).toBe(true);
    }),
  );
});

test('M10 S1 every whole id of the list can be read out of a document that is cut anywhere', () => {
  const ids = ['20260131-2030', '20260201-2030', '20260202-2031'];
  const text = JSON.stringify({ processing_lock: false, generation_id: ids, lock_owner: null }, null, 2);
  for (let at = 0; at <= text.length; at += 1) {
    const cut = text.slice(0, at);
    expect(idsIn(cut)).toEqual(ids.filter((id) => cut.includes(id)));
    // The beginning is missing: what is left of the list still counts.
    const rest = text.slice(at);
    expect(idsIn(rest)).toEqual(ids.filter((id) => rest.includes(id)));
  }
});

test('M10 an id under another key, half an id and an impossible one are no published ids', () => {
  expect(
    idsIn('{"last_seen": "20260131-2030", "generation_id": ["20260201-2030.json"], "old": ["20260202-2030"'),
  ).toEqual(['20260201-2030']);
  expect(idsIn('"20260131-203" "120260131-2030" "20260231-2030" "20260131-20301"')).toEqual([]);
  expect(idsIn("{'generation_id': ['20260201-2030'], 'note': '20260202-2030'}")).toEqual(['20260201-2030']);
  expect(idsIn('{"generation_id": {"first": "20260201-2030", "second": ["20260202-2030"]}}')).toEqual([
    '20260201-2030',
    '20260202-2030',
  ]);
});

test('S1 keys of the wrong form are lost one by one, and keys that nobody knows are kept', () => {
  const hostile = JSON.parse('{"__proto__": {"polluted": 1}, "processing_lock": "yes", "note": [1]}');
  const { kept, lost } = soundFields(publicDocumentSchema, hostile);
  expect(lost).toEqual(['processing_lock']);
  expect(kept['note']).toEqual([1]);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  expect(soundFields(publicDocumentSchema, [1])).toEqual({ kept: {}, lost: [] });
});
