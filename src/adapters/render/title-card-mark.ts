/**
 * Written into a title card and read by the mock video: a free camera move would push the text out of the picture, and
 * nothing but the file goes from one to the other, perhaps days and a bucket apart.
 */
export const TITLE_CARD_MARK = 'reelmill title card';

/** `exif` as the picture library gives it; absent in most pictures. */
export function isTitleCard(exif: Buffer | undefined): boolean {
  return exif?.includes(TITLE_CARD_MARK) ?? false;
}
