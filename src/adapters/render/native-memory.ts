/**
 * The pixels of a frame lie outside the JavaScript heap, and closing a frame does not give them back: the codec library
 * keeps them until its handle is collected. The engine sees only small handles and collects none, so that ten seconds of
 * 3840×2160 pile up to gigabytes. Whoever makes or receives frames says here how large they were.
 */

/** Bytes of frames after which their handles are collected: often enough to stay small, rare enough to cost nothing. */
const COLLECT_AFTER_BYTES = 64 * 1024 * 1024;

/** To be told of every frame that was made or received. Does nothing where the process has not exposed its collector. */
export function frameCollector(): (bytes: number) => void {
  let bytesSince = 0;
  return (bytes) => {
    bytesSince += bytes;
    if (bytesSince < COLLECT_AFTER_BYTES) return;
    bytesSince = 0;
    globalThis.gc?.();
  };
}
