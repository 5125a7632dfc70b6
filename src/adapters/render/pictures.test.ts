import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';

import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { createRenderer } from './renderer.ts';

const renderer = createRenderer({ timeLimitSeconds: 30 });
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'render-pictures-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);

/** Three upright stripes: red, green, blue. */
async function stripes(name: string, width: number, height: number): Promise<string> {
  const third = width / 3;
  const colors = ['#ff0000', '#00ff00', '#0000ff'].map(
    (color, index) => `<rect x="${index * third}" width="${third + 1}" height="100%" fill="${color}"/>`,
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${colors.join('')}</svg>`;
  await sharp(Buffer.from(svg)).toFile(at(name));
  return at(name);
}

/** A black square of one bit a pixel: 50 MB of rows in 50 kB of file. */
function blackPng(side: number): Buffer {
  const chunk = (name: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 1;
  return Buffer.concat([
    Buffer.from('\u0089PNG\r\n\u001a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(side * (Math.ceil(side / 8) + 1)))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

async function pixel(path: string, left: number, top: number): Promise<number[]> {
  const { data } = await sharp(path)
    .removeAlpha()
    .extract({ left, top, width: 1, height: 1 })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return [...data];
}

test('P4 a picture is cut around its centre to exactly the size, as PNG', async () => {
  const input = await stripes('wide.png', 900, 300);
  const fitted = await renderer.fitPicture(input, at('fitted.png'), { width: 200, height: 200 });
  expect(fitted).toEqual({ ok: true, value: { width: 200, height: 200, format: 'png' } });
  expect(await sharp(at('fitted.png')).metadata()).toMatchObject({ width: 200, height: 200, format: 'png' });
  // A 1:1 cut of a 3:1 picture shows the middle third only.
  for (const left of [4, 100, 195]) expect(await pixel(at('fitted.png'), left, 100)).toEqual([0, 255, 0]);
});

test('P4 an output that exists is replaced, and no other file appears', async () => {
  const input = await stripes('again.png', 300, 100);
  await writeFile(at('taken.png'), 'something older');
  await renderer.fitPicture(input, at('taken.png'), { width: 30, height: 10 });
  expect(await sharp(at('taken.png')).metadata()).toMatchObject({ width: 30, height: 10 });
  expect((await readdir(folder)).filter((name) => name.includes('partial'))).toEqual([]);
});

test('P4 of an animation the first frame is used', async () => {
  const frames = Buffer.concat([
    Buffer.alloc(300, Buffer.from([200, 0, 0])),
    Buffer.alloc(300, Buffer.from([0, 0, 200])),
  ]);
  await sharp(frames, { raw: { width: 10, height: 20, channels: 3, pageHeight: 10 } })
    .gif()
    .toFile(at('two.gif'));
  expect((await sharp(at('two.gif')).metadata()).pages).toBe(2);
  await renderer.fitPicture(at('two.gif'), at('first.png'), { width: 10, height: 10 });
  expect(await sharp(at('first.png')).metadata()).toMatchObject({ width: 10, height: 10 });
  const [red = 0, , blue = 255] = await pixel(at('first.png'), 5, 5);
  expect(red).toBeGreaterThan(180);
  expect(blue).toBeLessThan(20);
});

test('P4 what is no picture is download_invalid and leaves no file', async () => {
  const cut = await sharp(await stripes('whole.png', 600, 600))
    .jpeg()
    .toBuffer();
  const inputs = {
    html: '<!doctype html><title>403</title>',
    empty: '',
    cut: cut.subarray(0, cut.length / 2),
  };
  for (const [name, bytes] of Object.entries(inputs)) {
    await writeFile(at(name), bytes);
    const result = await renderer.fitPicture(at(name), at(`${name}.png`), { width: 10, height: 10 });
    expect(result.ok ? 'accepted' : result.failure.code, name).toBe('download_invalid');
    await expect(stat(at(`${name}.png`))).rejects.toThrow('ENOENT');
  }
});

test('P4 a small file that unfolds into gigapixels is refused', async () => {
  await writeFile(at('bomb.png'), blackPng(20_000));
  expect((await stat(at('bomb.png'))).size).toBeLessThan(200_000);
  const result = await renderer.fitPicture(at('bomb.png'), at('bombed.png'), { width: 10, height: 10 });
  expect(result).toMatchObject({ ok: false, failure: { code: 'download_invalid' } });
  expect(result.ok ? '' : result.failure.message).toMatch(/pixel limit/u);
});

test('P4 a grid is cut into its four quarters, row by row', async () => {
  const colors = ['#ff0000', '#00ff00', '#0000ff', '#ffff00'];
  const rectangles = colors.map(
    (color, index) =>
      `<rect x="${(index % 2) * 50}" y="${index > 1 ? 40 : 0}" width="50" height="40" fill="${color}"/>`,
  );
  await sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="100" height="80">${rectangles.join('')}</svg>`,
    ),
  ).toFile(at('grid.png'));
  const outputs = [at('q1.png'), at('q2.png'), at('q3.png'), at('q4.png')] as const;
  expect(await renderer.splitGrid(at('grid.png'), outputs)).toMatchObject({ ok: true });
  for (const [index, output] of outputs.entries()) {
    expect(await sharp(output).metadata()).toMatchObject({ width: 50, height: 40, format: 'png' });
    const wanted = colors[index]?.match(/[0-9a-f]{2}/gu)?.map((part) => Number.parseInt(part, 16));
    expect(await pixel(output, 1, 1)).toEqual(wanted);
    expect(await pixel(output, 48, 38)).toEqual(wanted);
  }
});

test('P5 a picture is shrunk to JPEG under the limit, and keeps its shape', async () => {
  const noise = Buffer.alloc(900 * 600 * 3).map((_, index) => Math.imul(index, 2_654_435_761) >>> 24);
  await sharp(noise, { raw: { width: 900, height: 600, channels: 3 } })
    .png()
    .toFile(at('noise.png'));
  const shrunk = await renderer.shrinkPicture(at('noise.png'), at('small.jpg'), 60_000);
  const { size } = await stat(at('small.jpg'));
  const { width, height, format } = await sharp(at('small.jpg')).metadata();
  expect(size).toBeLessThanOrEqual(60_000);
  expect(format).toBe('jpeg');
  expect(width / height).toBeCloseTo(1.5, 1);
  expect(shrunk).toEqual({ ok: true, value: { width, height, format: 'jpeg' } });
});

test('P5 a picture that fits already keeps its size in pixels', async () => {
  const input = await stripes('calm.png', 640, 360);
  const result = await renderer.shrinkPicture(input, at('calm.jpg'), 1_000_000);
  expect(result).toEqual({ ok: true, value: { width: 640, height: 360, format: 'jpeg' } });
});

test('P5 a limit that nothing can meet is too_large', async () => {
  const input = await stripes('any.png', 300, 300);
  const result = await renderer.shrinkPicture(input, at('any.jpg'), 50);
  expect(result).toMatchObject({ ok: false, failure: { code: 'too_large' } });
});
