/** What of a finished post is real, in one line: a mock that passes for a success is the one that nobody looks at (I7). */
import type { Media } from '../../domain/post.ts';

/** Null while it has no video, and for a post of older tools, which does not say. `shown`: makes a foreign text fit to be shown. */
export function mediaLine(media: Media | null, shown: (reason: string) => string): string | null {
  if (media?.video === undefined) return null;
  const image = media.image === 'midjourney' ? 'by Midjourney' : 'a title card in its place';
  const video = media.video === 'runway' ? 'by Runway' : 'a mock in its place';
  const reason = media.reason === undefined ? '' : ` ${shown(media.reason)}`;
  return `Picture: ${image}. Video: ${video}.${reason}`;
}

export function isMock({ image, video }: Media): boolean {
  return image !== 'midjourney' || video === 'mock';
}
