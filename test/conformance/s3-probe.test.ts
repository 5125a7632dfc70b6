/** What the adapter finds out about a server by trying it, and what that costs. */
import { describe, expect, test } from 'vitest';

import { createS3Store } from '../../src/adapters/s3/s3-store.ts';
import { code, text, value } from './object-store-suite.ts';
import { startGatedS3, type GateKind } from './s3-gate.ts';

const PLAIN = { contentType: 'application/json' };
const CASES = [
  { kind: 'compares', conditionalWrites: true, versions: false, first: 6, later: 5 },
  { kind: 'compares bare', conditionalWrites: true, versions: false, first: 10, later: 9 },
  { kind: 'creates', conditionalWrites: false, versions: false, first: 4, later: 3 },
  // Believing it would let nobody ever write again.
  { kind: 'refuses', conditionalWrites: false, versions: false, first: 11, later: 10 },
  { kind: 'like B2', conditionalWrites: false, versions: true, first: 2, later: 2 },
] as const satisfies readonly { readonly kind: GateKind; readonly [key: string]: unknown }[];

describe('I1 M10 the probe', () => {
  test.each(CASES)('of a server behind the gate: $kind', async ({ kind, first, later, ...expected }) => {
    const server = await startGatedS3(kind);
    try {
      for (const requests of [first, later]) {
        const asked: string[] = [];
        const onRequest = (operation: string): void => void asked.push(operation);
        const store = await createS3Store({ ...server.options, onRequest });
        expect(value(await store.capabilities())).toEqual(expected);
        expect(asked).toEqual(Array.from({ length: requests }, () => 'probe'));
        const { etag } = value(await store.put('state.json', text('{}'), PLAIN));
        const putIf = async (onlyIf: string): Promise<string> =>
          code(await store.put('state.json', text('[]'), { ...PLAIN, onlyIf }));
        const { conditionalWrites: works } = expected;
        expect(await putIf('another')).toBe(works ? 'state_conflict' : 'usage');
        expect(value(await store.head('state.json'))?.etag).toBe(etag);
        expect(await putIf(etag)).toBe(works ? 'success' : 'usage');
      }
    } finally {
      await server.close();
    }
  });

  test('of five processes at once finds the same as that of one', async () => {
    const server = await startGatedS3('compares');
    try {
      const stores = await Promise.all(Array.from({ length: 5 }, () => createS3Store(server.options)));
      const found = await Promise.all(stores.map(async (store) => value(await store.capabilities())));
      expect(found).toEqual(stores.map(() => ({ conditionalWrites: true, versions: false })));
    } finally {
      await server.close();
    }
  });
});
