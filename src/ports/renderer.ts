import type { Result } from '../domain/failure.ts';

/** Width and height in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** What a picture or video file really holds, as read from its bytes. */
export interface PictureFacts extends PictureSize {
  readonly format: string;
}

export interface VideoFacts extends PictureSize {
  /** Seconds, from the decoded frames rather than from the header. */
  readonly duration: number;
  /** Frames per second, averaged. */
  readonly fps: number;
  /** `avc` for H.264; other names as the container gives them. */
  readonly codec: string;
  readonly frames: number;
  readonly bytes: number;
}

export interface MockVideoSettings {
  readonly size: PictureSize;
  /** Seconds. */
  readonly duration: number;
  readonly fps: number;
}

export interface PlaceholderCard {
  readonly topic: string;
  readonly size: PictureSize;
  /** Six hexadecimal digits, without `#`. */
  readonly backgroundColor: string;
  readonly textColor: string;
}

/**
 * Everything that touches pixels. Paths are local files in the step's own temporary folder; an output path that exists
 * is overwritten, and after a failure it is not left half written. Nothing here uses the network. Native code runs in
 * a process of its own with a time and memory limit: its crash is a `render_failed`, never ours.
 */
export interface Renderer {
  /** Resizes and crops (centre, cover) to exactly `size`, as PNG. `download_invalid` when the input is no picture. */
  fitPicture(input: string, output: string, size: PictureSize): Promise<Result<PictureFacts>>;
  /** Cuts a 2×2 grid into four PNG files, left to right, top to bottom. */
  splitGrid(input: string, outputs: readonly [string, string, string, string]): Promise<Result<void>>;
  /** Re-encodes for an upload that must stay under `maxBytes` (JPEG, quality then size lowered until it fits). */
  shrinkPicture(input: string, output: string, maxBytes: number): Promise<Result<PictureFacts>>;
  /** The designed title card that stands in for a picture (D11). Never shows an error text. */
  drawPlaceholder(output: string, card: PlaceholderCard): Promise<Result<PictureFacts>>;
  /** A slow camera move over the picture: H.264, yuv420p, index at the front. */
  renderMockVideo(picture: string, output: string, settings: MockVideoSettings): Promise<Result<VideoFacts>>;
  /** Opens the file, decodes it to the end and measures it. `video_invalid` when it does not play. */
  measureVideo(input: string): Promise<Result<VideoFacts>>;
}
