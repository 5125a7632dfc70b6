import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';

import '@napi-rs/webcodecs/polyfill';
import {
  EncodedAudioPacketSource,
  EncodedPacket,
  FilePathSource,
  FilePathTarget,
  Input,
  MP4,
  Mp4OutputFormat,
  Output,
  VideoSampleSink,
} from 'mediabunny';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';

import { measureVideo } from './measure.ts';
import { createRenderer, drawSceneVideo } from './renderer.ts';
import { drawScene } from './scene.ts';

const renderer = createRenderer({ timeLimitSeconds: 50 });
const size = { width: 320, height: 180 };
const settings = { size, duration: 2, fps: 24 };
let folder = '';
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'render-video-'));
  await drawScene(at('scene.png'), 'A lighthouse at dawn', { width: 640, height: 360 }, 1);
  expect(await renderer.renderMockVideo(at('scene.png'), at('good.mp4'), settings)).toMatchObject({
    ok: true,
  });
});
afterEach(() => vi.unstubAllGlobals());
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Names of the outermost boxes of an MP4 file, in order. */
function boxes(file: Buffer): string[] {
  const names: string[] = [];
  for (let position = 0; position + 8 <= file.length;) {
    const length = file.readUInt32BE(position);
    names.push(file.toString('latin1', position + 4, position + 8));
    position += length === 1 ? Number(file.readBigUInt64BE(position + 8)) : length;
  }
  return names;
}

/** Every frame as I420 bytes, and what the file says of itself. */
async function decode(path: string) {
  using input = new Input({ source: new FilePathSource(path), formats: [MP4] });
  const track = await input.getPrimaryVideoTrack();
  if (track === null) throw new Error('No video track');
  const frames: Uint8Array[] = [];
  for await (const sample of new VideoSampleSink(track).samples()) {
    using frame = sample;
    expect(frame.format).toBe('I420');
    const bytes = new Uint8Array(frame.allocationSize());
    await frame.copyTo(bytes);
    frames.push(bytes);
  }
  return { frames, colorSpace: await track.getColorSpace(), codec: await track.getCodecParameterString() };
}

/** Mean red, green and blue of a BT.709 limited-range frame, by the inverse of the standard's formulas. */
function meanColor(frame: Uint8Array): number[] {
  const pixels = size.width * size.height;
  const mean = (from: number, to: number) =>
    frame.subarray(from, to).reduce((sum, value) => sum + value, 0) / (to - from);
  const y = (mean(0, pixels) - 16) / 219;
  const blue = (mean(pixels, pixels * 1.25) - 128) / 224;
  const red = (mean(pixels * 1.25, pixels * 1.5) - 128) / 224;
  return [y + 1.5748 * red, y - 0.1873 * blue - 0.4681 * red, y + 1.8556 * blue].map((part) => part * 255);
}

test('P6 the mock video has exactly the asked frames, size and length, and its index in front', async () => {
  const measured = await renderer.measureVideo(at('good.mp4'));
  const { size: bytes } = await stat(at('good.mp4'));
  expect(measured).toMatchObject({ ok: true, value: { ...size, frames: 48, codec: 'avc', bytes } });
  if (!measured.ok) return;
  expect(measured.value.duration).toBeCloseTo(2, 3);
  expect(measured.value.fps).toBeCloseTo(24, 2);
  const order = boxes(await readFile(at('good.mp4')));
  expect(order[0]).toBe('ftyp');
  expect(order.indexOf('moov')).toBeGreaterThan(0);
  expect(order.indexOf('moov')).toBeLessThan(order.indexOf('mdat'));
});

test('P6 an odd rate and length give round(duration × fps) frames', async () => {
  const odd = { ...settings, duration: 0.7, fps: 25 };
  const made = await renderer.renderMockVideo(at('scene.png'), at('odd.mp4'), odd);
  expect(made).toMatchObject({ ok: true, value: { frames: 18 } });
});

test('P6 colours are those of the picture, tagged BT.709', async () => {
  for (const color of ['#d03020', '#2060c0', '#30a050']) {
    await sharp({ create: { ...size, channels: 3, background: color } })
      .png()
      .toFile(at('flat.png'));
    await renderer.renderMockVideo(at('flat.png'), at('flat.mp4'), { ...settings, duration: 0.25 });
    const { frames, colorSpace, codec } = await decode(at('flat.mp4'));
    expect(codec).toMatch(/^avc1\.64/u);
    expect(colorSpace).toMatchObject({
      primaries: 'bt709',
      transfer: 'bt709',
      matrix: 'bt709',
      fullRange: false,
    });
    for (const [channel, part] of meanColor(frames.at(-1) ?? new Uint8Array()).entries()) {
      const wanted = Number.parseInt(color.slice(1 + channel * 2, 3 + channel * 2), 16);
      expect(Math.abs(part - wanted), `${color} channel ${channel}`).toBeLessThan(3);
    }
  }
});

test('P6 the picture moves in the middle of the video, evenly and without a jump', async () => {
  const { frames } = await decode(at('good.mp4'));
  const pixels = size.width * size.height;
  const steps = frames.slice(1).map((frame, index) => {
    const before = frames[index] ?? frame;
    let sum = 0;
    for (let pixel = 0; pixel < pixels; pixel += 1)
      sum += Math.abs((frame[pixel] ?? 0) - (before[pixel] ?? 0));
    return sum / pixels;
  });
  const middle = steps.slice(16, 32);
  expect(Math.min(...middle)).toBeGreaterThan(0.1);
  expect(Math.max(...steps)).toBeLessThan(Math.min(...middle) * 3);
  expect(steps.at(-1)).toBeLessThan(Math.max(...middle) / 2);
});

test('P2 the video of a placeholder card shows the whole title from the first frame to the last', async () => {
  const drawn = await renderer.drawPlaceholder(at('card.png'), {
    topic: 'Почему настоящая дружба не требует слов',
    size: { width: 640, height: 360 },
    backgroundColor: 'ffffff',
    textColor: '000000',
  });
  expect(drawn).toMatchObject({ ok: true });
  await renderer.renderMockVideo(at('card.png'), at('card.mp4'), { ...settings, duration: 1 });
  const { frames } = await decode(at('card.mp4'));
  expect(frames).toHaveLength(24);
  for (const frame of [frames[0], frames[12], frames[23]]) {
    const dark = (column: number, row: number) => (frame?.[row * size.width + column] ?? 255) < 70;
    const border = [
      ...Array.from({ length: size.height }, (_, row) => dark(2, row) || dark(size.width - 3, row)),
      ...Array.from({ length: size.width }, (_, column) => dark(column, size.height - 2)),
    ];
    expect(border.some(Boolean)).toBe(false);
    expect(frame?.some((value) => value < 50)).toBe(true);
  }
});

test.runIf(process.platform === 'linux')(
  'P6 I4 the memory of a large video does not grow with its length, in making it and in measuring it',
  async () => {
    // 48 frames of 12 MB are more than what either limit leaves beside the program; each core decodes one of its own.
    const large = { size: { width: 3840, height: 2160 }, duration: 2, fps: 24 };
    const cores = 13 * availableParallelism();
    const making = createRenderer({ memoryLimitMegabytes: 700 + cores });
    const made = await making.renderMockVideo(at('scene.png'), at('large.mp4'), large);
    expect(made).toMatchObject({ ok: true, value: { ...large.size, frames: 48 } });
    const measuring = createRenderer({ memoryLimitMegabytes: 450 + cores });
    expect(await measuring.measureVideo(at('large.mp4'))).toMatchObject({ ok: true });
    // Here the engine may collect by itself in time; so that it need not, it is asked for every 64 MB.
    const collect = vi.fn<NonNullable<typeof globalThis.gc>>();
    vi.stubGlobal('gc', collect);
    await measureVideo(at('large.mp4'));
    expect(collect).toHaveBeenCalledTimes(8);
  },
  120_000,
);

test('P6 a size that 4:2:0 cannot hold is refused by name', async () => {
  const refused = await renderer.renderMockVideo(at('scene.png'), at('x.mp4'), {
    ...settings,
    size: { width: 321, height: 180 },
  });
  expect(refused.ok ? '' : refused.failure.message).toContain('size.width');
});

test('P6 what does not play to its end is video_invalid', async () => {
  const good = await readFile(at('good.mp4'));
  const broken = Buffer.from(good);
  broken.fill(0, Math.floor(good.length * 0.5), Math.floor(good.length * 0.8));
  const inputs = {
    cut: good.subarray(0, good.length * 0.7),
    'cut by one byte': good.subarray(0, -1),
    'header only': good.subarray(0, 1500),
    broken,
    html: `<!doctype html><html><body>${'502 Bad Gateway '.repeat(50)}</body></html>`,
    empty: '',
    noise: Buffer.alloc(5000, 'qwerty'),
    picture: await readFile(at('scene.png')),
  };
  for (const [name, bytes] of Object.entries(inputs)) {
    await writeFile(at('bad.mp4'), bytes);
    const measured = await renderer.measureVideo(at('bad.mp4'));
    expect(measured.ok ? 'accepted' : measured.failure.code, name).toBe('video_invalid');
  }
});

test('P6 sound without a picture is video_invalid', async () => {
  const output = new Output({ format: new Mp4OutputFormat(), target: new FilePathTarget(at('sound.mp4')) });
  const source = new EncodedAudioPacketSource('pcm-s16');
  output.addAudioTrack(source);
  await output.start();
  const packet = new EncodedPacket(new Uint8Array(9600), 'key', 0, 0.1);
  await source.add(packet, { decoderConfig: { codec: 'pcm-s16', sampleRate: 48_000, numberOfChannels: 1 } });
  await output.finalize();
  expect((await stat(at('sound.mp4'))).size).toBeGreaterThan(9600);
  const measured = await renderer.measureVideo(at('sound.mp4'));
  expect(measured).toMatchObject({ ok: false, failure: { code: 'video_invalid' } });
  expect(measured.ok ? '' : measured.failure.message).toContain('no video track');
});

test('P5 a clip of a drawn scene moves more than a mock video', async () => {
  const made = await drawSceneVideo(at('clip.mp4'), at('scene.png'), { size, duration: 2, fps: 24 });
  expect(made).toMatchObject({ ok: true, value: { frames: 48 } });
  const travel = async (name: string) => {
    const { frames } = await decode(at(name));
    const [first, last] = [frames[0], frames.at(-1)];
    let sum = 0;
    for (let pixel = 0; pixel < size.width * size.height; pixel += 1) {
      sum += Math.abs((first?.[pixel] ?? 0) - (last?.[pixel] ?? 0));
    }
    return sum;
  };
  expect(await travel('clip.mp4')).toBeGreaterThan(1.2 * (await travel('good.mp4')));
});
