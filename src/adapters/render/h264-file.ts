/**
 * Writes frames as H.264 into an MP4 whose index comes first, so that a player can start before the whole file is there.
 * Frames are pushed one at a time and the encoder's queue is bounded, so a long video never piles up in memory.
 */
import { setImmediate, setTimeout } from 'node:timers/promises';

import { VideoEncoder, VideoFrame } from '@napi-rs/webcodecs';
import type { EncodedVideoChunk, EncodedVideoChunkMetadata } from '@napi-rs/webcodecs';
import { EncodedPacket, EncodedVideoPacketSource, FilePathTarget, Mp4OutputFormat, Output } from 'mediabunny';

import { h264Level } from '../../domain/video-limits.ts';
import type { PictureSize } from '../../ports/renderer.ts';
import { frameCollector } from './native-memory.ts';

export interface H264Settings {
  readonly size: PictureSize;
  readonly fps: number;
  /** Frames that will be pushed. */
  readonly frames: number;
}

const COLOR_SPACE = { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709', fullRange: false } as const;

/** Frames waiting in the encoder: 1.4 MB each at 1280×720, and 12 MB at 3840×2160, where fewer have to do. */
const QUEUE_LIMIT = 6;
const QUEUE_BYTES = 40_000_000;

/** Seconds between pictures that stand alone: near enough to seek, rare enough that their slightly other look does not pulse. */
const KEY_FRAME_SECONDS = 5;

/** Bits per pixel and frame: 4.6 Mbit/s for 1280×720 at 24 fps, at which the camera moves of this adapter show no blocks. */
const BITS_PER_PIXEL = 0.21;

/** `draw(index, frame)` fills one I420 frame (BT.709, limited range); the buffer is reused. Throws when the codec fails. */
export async function writeH264(
  output: string,
  settings: H264Settings,
  draw: (index: number, frame: Uint8Array) => void,
): Promise<void> {
  const { size, fps, frames } = settings;
  const target = new Output({
    format: new Mp4OutputFormat({ fastStart: 'in-memory' }),
    target: new FilePathTarget(output),
  });
  const source = new EncodedVideoPacketSource('avc');
  target.addVideoTrack(source, { frameRate: fps });
  await target.start();

  const packets = packetWriter(source, fps);
  const encoder = new VideoEncoder({ output: packets.take, error: packets.fail });
  encoder.configure({
    codec: avcCodecString(size, fps),
    width: size.width,
    height: size.height,
    bitrate: Math.round(size.width * size.height * fps * BITS_PER_PIXEL),
    framerate: fps,
    bitrateMode: 'variable',
    latencyMode: 'quality',
    hardwareAcceleration: 'prefer-software',
    avc: { format: 'avc' },
  });
  try {
    await pushFrames(encoder, settings, draw, packets.check);
    await encoder.flush();
    await packets.finish(frames);
  } finally {
    if (encoder.state !== 'closed') encoder.close();
  }
  await target.finalize();
}

async function pushFrames(
  encoder: VideoEncoder,
  settings: H264Settings,
  draw: (index: number, frame: Uint8Array) => void,
  check: () => void,
): Promise<void> {
  const { size, fps, frames } = settings;
  const data = new Uint8Array((size.width * size.height * 3) / 2);
  const queueLimit = Math.min(QUEUE_LIMIT, Math.max(1, Math.floor(QUEUE_BYTES / data.byteLength)));
  const collect = frameCollector();
  for (let index = 0; index < frames; index += 1) {
    draw(index, data);
    // Asked after drawing and never right after `encode`: the getter waits for the frame being encoded, which would undo the overlap.
    while (encoder.encodeQueueSize > queueLimit) {
      await setTimeout(1);
      check();
    }
    const frame = new VideoFrame(data, {
      format: 'I420',
      codedWidth: size.width,
      codedHeight: size.height,
      timestamp: Math.round((index * 1_000_000) / fps),
      duration: Math.round(1_000_000 / fps),
      colorSpace: COLOR_SPACE,
    });
    encoder.encode(frame, { keyFrame: index % Math.round(fps * KEY_FRAME_SECONDS) === 0 });
    frame.close();
    collect(data.byteLength);
    await setImmediate();
    check();
  }
}

/** Chains the encoder's callbacks into ordered writes, and keeps the first error for the loop that pushes frames. */
function packetWriter(source: EncodedVideoPacketSource, fps: number) {
  let writes = Promise.resolve();
  let count = 0;
  let failed: Error | undefined;
  const fail = (error: unknown) => {
    failed ??= error instanceof Error ? error : new Error('The encoder failed', { cause: error });
  };
  const check = () => {
    if (failed !== undefined) throw failed;
  };
  const take = (chunk: EncodedVideoChunk, metadata?: EncodedVideoChunkMetadata) => {
    const data = new Uint8Array(chunk.byteLength);
    chunk.copyTo(data);
    // Times are taken back from the frame number: microseconds cannot hold 1/24 s, and the error would reach the file.
    const frame = Math.round((chunk.timestamp * fps) / 1_000_000);
    const packet = new EncodedPacket(data, chunk.type, frame / fps, 1 / fps);
    const description = metadata?.decoderConfig;
    const described =
      description === undefined ? undefined : { decoderConfig: { ...description, colorSpace: COLOR_SPACE } };
    writes = writes.then(() => source.add(packet, described)).catch(fail);
    count += 1;
  };
  const finish = async (expected: number) => {
    await writes;
    check();
    if (count !== expected) throw new Error(`The encoder returned ${count} of ${expected} frames`);
  };
  return { take, fail, check, finish };
}

function avcCodecString(size: PictureSize, fps: number): string {
  const level = h264Level(size, fps);
  if (level === null) {
    throw new Error(`H.264 has no level for ${size.width}×${size.height} at ${fps} frames per second`);
  }
  return `avc1.6400${level}`;
}
