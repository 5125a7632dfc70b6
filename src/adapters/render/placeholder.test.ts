import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { createRenderer } from './renderer.ts';

const renderer = createRenderer({ timeLimitSeconds: 30 });
const size = { width: 640, height: 360 };
const text = [0x33, 0x33, 0x33] as const;
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'render-card-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function card(topic: string, overrides: Partial<Parameters<typeof renderer.drawPlaceholder>[1]> = {}) {
  const output = join(folder, `${Math.random().toString(36).slice(2)}.png`);
  const settings = { topic, size, backgroundColor: 'cccccc', textColor: '333333', ...overrides };
  const result = await renderer.drawPlaceholder(output, settings);
  expect(result).toEqual({ ok: true, value: { ...settings.size, format: 'png' } });
  const { data, info } = await sharp(output).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([settings.size.width, settings.size.height]);
  return { data, info, output };
}

/** Pixels of about the given colour, and the box around them. */
function ink({ data, info }: Awaited<ReturnType<typeof card>>, color: readonly [number, number, number]) {
  const box = { count: 0, left: info.width, right: 0, top: info.height, bottom: 0 };
  for (let pixel = 0; pixel < info.width * info.height; pixel += 1) {
    if (color.some((part, channel) => Math.abs((data[pixel * 3 + channel] ?? 0) - part) > 16)) continue;
    const [x, y] = [pixel % info.width, Math.floor(pixel / info.width)];
    box.count += 1;
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x);
    box.top = Math.min(box.top, y);
    box.bottom = Math.max(box.bottom, y);
  }
  return box;
}

test('D11 the topic is set in the text colour, inside the margins, in any script and length', async () => {
  const topics = [
    'Почему настоящая дружба не требует разговоров',
    'The quiet courage of starting over',
    'Why we forget 👍🏽 the names 🔥',
    'Превысокомногорассмотрительствующий человек',
    'слово '.repeat(300),
  ];
  for (const topic of topics) {
    const found = ink(await card(topic), text);
    expect(found.count, topic).toBeGreaterThan(2500);
    expect(found.left, topic).toBeGreaterThanOrEqual(30);
    expect(found.right, topic).toBeLessThanOrEqual(size.width - 30);
    expect(found.bottom, topic).toBeLessThanOrEqual(size.height - 10);
    expect(found.top, topic).toBeGreaterThan(30);
  }
});

test('D11 a topic without a drawable letter still gives a card, with no boxes on it', async () => {
  const found = ink(await card('🔥🔥🔥'), text);
  expect(found.count).toBeLessThan(50);
});

test('D11 topics differ, one topic is always the same', async () => {
  const [first, again, other] = await Promise.all([card('Дружба'), card('Дружба'), card('Доверие')]);
  expect(first.data.equals(again.data)).toBe(true);
  let different = 0;
  for (let at = 0; at < first.data.length; at += 1) {
    if (Math.abs((first.data[at] ?? 0) - (other.data[at] ?? 0)) > 20) different += 1;
  }
  expect(different / first.data.length).toBeGreaterThan(0.02);
});

test('D11 the configured colours are used, also on tall and square cards', async () => {
  for (const shape of [
    { width: 360, height: 640 },
    { width: 480, height: 480 },
  ]) {
    const drawn = await card('Small habits', { size: shape, backgroundColor: '0f3d3e', textColor: '9fd8c0' });
    expect(ink(drawn, [0x9f, 0xd8, 0xc0]).count).toBeGreaterThan(1000);
    expect(ink(drawn, [0x0f, 0x3d, 0x3e]).count).toBeGreaterThan(shape.width * shape.height * 0.25);
  }
});

test('D11 colours that cannot be told apart are parted', async () => {
  const drawn = await card('Time', { backgroundColor: '777777', textColor: '808080' });
  expect(ink(drawn, [0, 0, 0]).count).toBeGreaterThan(1000);
});

test('D11 the background is not one flat colour', async () => {
  const { output } = await card('Вдохновение');
  const { channels } = await sharp(await readFile(output))
    .extract({ left: 320, top: 0, width: 320, height: 180 })
    .stats();
  expect(channels[0]?.stdev).toBeGreaterThan(3);
});

test('D11 the smallest picture that a configuration may ask for gets a card too', async () => {
  for (const shape of [
    { width: 64, height: 64 },
    { width: 64, height: 720 },
  ]) {
    const drawn = await card('Small habits', { size: shape });
    expect(ink(drawn, [0xcc, 0xcc, 0xcc]).count).toBeGreaterThan(shape.width * shape.height * 0.1);
  }
});
