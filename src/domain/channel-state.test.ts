import { expect, test } from 'vitest';
import { publicDocumentSchema, publishedIds } from './channel-state.ts';

const ONE = '20260101-2030';
const TWO = '20260102-2030';

test('M10 the published ids come as a list or a single string, with or without .json, each once', () => {
  const read = (listed: unknown) => publishedIds(publicDocumentSchema.parse({ generation_id: listed }));
  expect(read([ONE, `${TWO}.json`, ONE])).toEqual({ ids: [ONE, TWO], foreign: [] });
  expect(read(ONE)).toEqual({ ids: [ONE], foreign: [] });
  expect(read(`${ONE}.json`)).toEqual({ ids: [ONE], foreign: [] });
  expect(read(` ${ONE} `)).toEqual({ ids: [ONE], foreign: [] });
  expect(read(null)).toEqual({ ids: [], foreign: [] });
  expect(read(undefined)).toEqual({ ids: [], foreign: [] });
  expect(read([])).toEqual({ ids: [], foreign: [] });
});

test('M10 what does not match the pattern is set apart, as it was written', () => {
  const strange = [
    'draft',
    `${ONE}.json.json`,
    `../${ONE}`,
    `${ONE}.mp4`,
    '20260230-2030',
    7,
    null,
    { id: ONE },
  ];
  expect(publishedIds({ generation_id: [...strange, ONE] })).toEqual({ ids: [ONE], foreign: strange });
});
