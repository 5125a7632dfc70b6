/** A task whose id the state never got, because the bucket failed in that moment, while the journal has it. */
import { expect, test } from 'vitest';
import { failure } from '../../src/domain/failure.ts';
import { FIRST_ID, IMAGE, Mill } from '../support/mill.ts';
import { wrappedStore } from '../support/wrapped-store.ts';

test.each(['image', 'video'] as const)(
  'I3 the %s is not ordered again when the state could not be written after the order, but the journal was',
  async (kind) => {
    let ordered = false;
    await using mill = await Mill.start({
      sandbox: { imageSeconds: 1, videoSeconds: 1 },
      throughStore: (store) =>
        wrappedStore(store, {
          put: (key, source, options) =>
            ordered && key === IMAGE
              ? Promise.resolve(failure('store_denied', 'no more writes', { key }, { effect: 'refused' }))
              : store.put(key, source, options),
        }),
    });
    mill.wire.middleman = async (exchange, ask) => {
      const answer = await ask();
      const provider = kind === 'image' ? 'piapi' : 'runway';
      if (exchange.provider === provider && exchange.method === 'POST') ordered = true;
      return answer;
    };
    expect(await mill.run()).toMatchObject({ stop: 'failed', failure: { code: 'store_denied' } });
    const { taskId } = mill.ledger.find((entry) => entry.kind === kind) ?? {};
    expect((await mill.state()).image).toMatchObject({ submission: { kind } });
    expect(await mill.text(`journal/${FIRST_ID}.json`)).toContain(taskId);

    mill.wire.middleman = () => null;
    ordered = false;
    await mill.advance(60);
    const report = await mill.run();
    expect(report.actions).toContainEqual({ action: 'recall-order', event: `${kind}-requested` });
    expect(report).toMatchObject({ stop: 'task-done', id: FIRST_ID });
    expect(mill.paid()).toEqual({ text: 5, image: 1, vision: 1, video: 1 });
    expect((await mill.json(`666/${FIRST_ID}.json`)).media).toMatchObject({ video: 'runway' });
  },
);
