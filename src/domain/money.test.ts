import { expect, test } from 'vitest';
import { defaultPrices } from './default-prices.ts';
import { isListed, textCharge, textCost, textReserve, videoCost } from './money.ts';

const prices = defaultPrices('fast');
const million = { inputTokens: 1_000_000, outputTokens: 0 };

test('BUDGET a dated model costs what the undated one does, a longer name is another model', () => {
  expect(textCost(prices, 'gpt-4o-2024-11-20', million)).toBe(2.5);
  expect(textCost(prices, 'gpt-4o-mini-2024-07-18', million)).toBe(0.15);
  expect(textCost(prices, 'gpt-5-latest', million)).toBe(1.25);
  // gpt-5-pro is twelve times as dear as gpt-5.
  expect(textCost(prices, 'gpt-5-pro', million)).toBe(prices.text['*']?.input);
  expect(textCost(prices, 'constructor', million)).toBe(prices.text['*']?.input);
  expect(isListed(prices.text, '*')).toBe(false);
});

test('BUDGET the price for an unknown model is no less than any listed price', () => {
  const { '*': unknown, ...listed } = prices.text;
  for (const price of Object.values(listed)) {
    expect(unknown?.input).toBeGreaterThanOrEqual(price.input);
    expect(unknown?.output).toBeGreaterThanOrEqual(price.output);
  }
  const { '*': perSecond = 0, ...models } = prices.videoPerSecond;
  for (const price of Object.values(models)) expect(perSecond).toBeGreaterThanOrEqual(price);
});

test('BUDGET an answer is charged for by its tokens at the price of the model that gave it', () => {
  const usage = { inputTokens: 1000, outputTokens: 100 };
  expect(textCharge(prices, 'gpt-4o', { usage, model: 'gpt-4o-mini-2024-07-18' }, 9)).toEqual({
    costUsd: 0.00021,
    measured: true,
  });
  // A server of one's own answers under a name that nobody has a price for.
  const own = { ...prices, text: { ...prices.text, mine: { input: 1, output: 1 } } };
  expect(textCharge(own, 'mine', { usage, model: 'mine-q4_0.gguf' }, 9)).toEqual({
    costUsd: 0.0011,
    measured: true,
  });
});

test('BUDGET a server that counts no tokens is charged for at the reserve, not at nothing', () => {
  const usage = { inputTokens: 0, outputTokens: 0 };
  expect(textCharge(prices, 'gpt-4o', { usage, model: 'gpt-4o' }, 0.0123)).toEqual({
    costUsd: 0.0123,
    measured: false,
  });
});

test('BUDGET a reserve covers the longest answer and, for pictures, the model that counts most tokens for one', () => {
  expect(textReserve(prices, 'gpt-4o', 3000, 750)).toBeGreaterThanOrEqual(
    (750 * 10 + (3000 / 4) * 2.5) / 1e6,
  );
  // gpt-4o-mini: 2,833 + 5,667 a tile for each picture.
  expect(textReserve(prices, 'gpt-4o-mini', 0, 300, 4)).toBeGreaterThanOrEqual(
    (4 * (2833 + 8 * 5667) * 0.15 + 300 * 0.6) / 1e6,
  );
  expect(textReserve(prices, 'gpt-4o', 0, 300, 4)).toBeGreaterThanOrEqual((4 * (85 + 8 * 170) * 2.5) / 1e6);
  expect(videoCost(prices, 'gen4_turbo', 10)).toBe(0.5);
});
