/**
 * Opens a video as a player would and decodes it to the last frame. A file that merely has the right header (a cut
 * download, an error page named .mp4) must never be taken for a post's video.
 */
import { open, stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';

import '@napi-rs/webcodecs/polyfill';
import { EncodedPacketSink, FilePathSource, Input, MP4, QTFF } from 'mediabunny';
import type { InputVideoTrack } from 'mediabunny';

import type { VideoFacts } from '../../ports/renderer.ts';
import { frameCollector } from './native-memory.ts';
import { WorkerFailure } from './worker-failure.ts';

/** Most bytes of the file held at once; the rest stays on disk. */
const CACHE_BYTES = 8 * 1024 * 1024;

/** Less cannot even hold the table of one frame. */
const SMALLEST_BYTES = 256;

/** Everything is counted from decoded frames; `video_invalid` when there is no video track or any part does not decode. */
export async function measureVideo(path: string): Promise<VideoFacts> {
  const { size: bytes } = await stat(path);
  if (bytes === 0) throw invalid('The video is an empty file');
  if (bytes < SMALLEST_BYTES) throw invalid(`The file has only ${bytes} bytes`);
  if (await looksLikeText(path)) throw invalid('The file is a text or web page, not a video');
  using input = new Input({
    source: new FilePathSource(path, { maxCacheSize: CACHE_BYTES }),
    // The post's video is called .mp4, so that another container would be a file that its readers cannot open.
    formats: [MP4, QTFF],
  });
  try {
    const track = await input.getPrimaryVideoTrack();
    if (track === null) throw invalid('The file holds no video track');
    return { ...(await decodeAll(track)), bytes };
  } catch (error) {
    if (error instanceof WorkerFailure) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw invalid(`The video does not play: ${reason.replaceAll(path, 'the file').split('\n')[0]}`);
  }
}

/** Frames waiting to be decoded. A decoded one is 12 MB at 3840×2160, and the sink that the library offers lets forty of them pile up. */
const QUEUE_LIMIT = 3;

async function decodeAll(track: InputVideoTrack): Promise<Omit<VideoFacts, 'bytes'>> {
  const declared = await countPackets(track);
  const decoded = frameCounter();
  let first = Number.POSITIVE_INFINITY;
  let end = 0;
  const config = await track.getDecoderConfig();
  if (config === null) throw invalid('The codec of the video is not known');
  const decoder = new VideoDecoder({ output: decoded.take, error: decoded.fail });
  try {
    decoder.configure(config);
    for await (const packet of new EncodedPacketSink(track).packets()) {
      first = Math.min(first, packet.timestamp);
      end = Math.max(end, packet.timestamp + packet.duration);
      decoder.decode(packet.toEncodedVideoChunk());
      do {
        await setImmediate();
        decoded.check();
      } while (decoder.decodeQueueSize > QUEUE_LIMIT);
    }
    await decoder.flush();
    decoded.check();
  } finally {
    if (decoder.state !== 'closed') decoder.close();
  }
  const { frames, height, width } = decoded.facts();
  if (frames === 0) throw invalid('Not one frame of the video can be decoded');
  if (frames < declared) throw invalid(`Only ${frames} of the video's ${declared} frames can be decoded`);
  const duration = end - first;
  if (!(duration > 0)) throw invalid('The video has no duration');
  const turned = (await track.getRotation()) % 180 !== 0;
  const size = turned ? { width: height, height: width } : { width, height };
  return { ...size, duration, frames, fps: frames / duration, codec: track.codec ?? 'unknown' };
}

/** Counts frames and lets go of them at once; keeps the first error for the loop that reads the file. */
function frameCounter() {
  const collect = frameCollector();
  let facts = { frames: 0, width: 0, height: 0 };
  let failed: Error | undefined;
  const fail = (error: Error) => {
    failed ??= error;
  };
  const check = () => {
    if (failed !== undefined) throw failed;
  };
  const take = (frame: VideoFrame) => {
    facts = { frames: facts.frames + 1, width: frame.displayWidth, height: frame.displayHeight };
    const bytes = frame.allocationSize();
    frame.close();
    collect(bytes);
  };
  return { take, fail, check, facts: () => facts };
}

/** Reads every packet's bytes: a table of contents may promise more than the file holds. */
async function countPackets(track: InputVideoTrack): Promise<number> {
  let count = 0;
  for await (const packet of new EncodedPacketSink(track).packets()) {
    if (packet.data.byteLength === 0) throw invalid(`Frame ${count} of the video is empty`);
    count += 1;
  }
  const { packetCount } = await track.computePacketStats();
  if (count < packetCount) throw invalid(`The file ends after ${count} of ${packetCount} frames`);
  return count;
}

async function looksLikeText(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
  return /^(?:\u00ef\u00bb\u00bf)?\s*[<{[]/u.test(buffer.toString('latin1', 0, bytesRead));
}

function invalid(message: string): WorkerFailure {
  return new WorkerFailure('video_invalid', message);
}
