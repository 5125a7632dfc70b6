/**
 * The video of a post for which no filmed one could be had: a smooth camera move over its picture. A still would read as
 * a broken player, so something always moves, and the same picture always moves the same way.
 */
import sharp from 'sharp';

import { frameCount } from '../../domain/video-limits.ts';
import type { PictureSize } from '../../ports/renderer.ts';
import type { Motion } from './camera.ts';
import { cameraPath, viewAt } from './camera.ts';
import { writeH264 } from './h264-file.ts';
import { hashBytes } from './hash.ts';
import { describePicture, PICTURE_INPUT } from './pictures.ts';
import { drawFrame, planesFromRgb } from './planes.ts';
import { isTitleCard } from './title-card-mark.ts';

export interface CameraVideo {
  readonly size: PictureSize;
  /** Seconds. */
  readonly duration: number;
  readonly fps: number;
  readonly motion: Exclude<Motion, 'title'>;
}

/** How much finer than the video the picture is kept, so that the closest view still has a sample per pixel. */
const OVERSAMPLING = 1.5;

/** Writes `round(duration × fps)` frames. Throws when the picture cannot be read or the codec fails. */
export async function writeCameraVideo(picture: string, output: string, video: CameraVideo): Promise<void> {
  const { size, fps } = video;
  const frames = frameCount(video.duration, fps);
  const sourceSize = {
    width: fourfold(size.width * OVERSAMPLING),
    height: fourfold(size.height * OVERSAMPLING),
  };
  await describePicture(picture);
  const { exif } = await sharp(picture, PICTURE_INPUT).metadata();
  const motion = video.motion === 'slow' && isTitleCard(exif) ? 'title' : video.motion;
  const rgb = await sharp(picture, PICTURE_INPUT)
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .resize(sourceSize.width, sourceSize.height, { fit: 'cover', position: 'centre' })
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer();
  const path = cameraPath(motion, hashBytes(rgb));
  const planes = planesFromRgb(rgb, sourceSize);
  await writeH264(output, { size, fps, frames }, (index, frame) => {
    drawFrame(planes, viewAt(path, frames === 1 ? 0 : index / (frames - 1)), size, frame);
  });
}

function fourfold(length: number): number {
  return Math.round(length / 4) * 4;
}
