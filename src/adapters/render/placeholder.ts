/**
 * Draws the card that goes out when no picture could be had (D11). Readers see it as the picture of the post, so it is
 * composed like a title page and says only the topic.
 */
import sharp from 'sharp';

import type { PictureFacts, PlaceholderCard } from '../../ports/renderer.ts';
import type { CardColors } from './card/colors.ts';
import { cardColors, hex, mix } from './card/colors.ts';
import { ornament } from './card/ornament.ts';
import type { Typeface } from './card/typeface.ts';
import { CAPITAL_HEIGHT, loadTypeface } from './card/typeface.ts';
import { setText } from './card/typesetting.ts';
import { hashBytes, seededRandom } from './hash.ts';
import { TITLE_CARD_MARK } from './title-card-mark.ts';

const LEADING = 1.1;

/** Writes a PNG of exactly the card's size. A topic without a single drawable letter gives the ornament alone. */
export async function drawPlaceholder(output: string, card: PlaceholderCard): Promise<PictureFacts> {
  const seed = hashBytes(card.topic.normalize('NFC'));
  const { width, height } = card.size;
  const drawing = cardSvg(card, await loadTypeface(), seed);
  // A tile that is larger than the picture is refused by libvips.
  const side = Math.min(GRAIN, width, height);
  await sharp(Buffer.from(drawing))
    .resize(width, height, { fit: 'fill' })
    .composite([{ input: grain(seed, side), raw: { width: side, height: side, channels: 4 }, tile: true }])
    .removeAlpha()
    .withExif({ IFD0: { ImageDescription: TITLE_CARD_MARK } })
    .png({ compressionLevel: 6 })
    .toFile(output);
  return { width, height, format: 'png' };
}

function cardSvg(card: PlaceholderCard, typeface: Typeface, seed: number): string {
  const { width, height } = card.size;
  const colors = cardColors(card.backgroundColor, card.textColor);
  const random = seededRandom(seed);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    ground(colors),
    ornament(card.size, colors, random),
    quietCorner(colors),
    title(card, typeface, colors),
    '</svg>',
  ].join('');
}

/** Light from above; the ends stay close enough to the configured colour to be recognised as it. */
function ground({ background, dark }: CardColors): string {
  const upper = hex(mix(background, [255, 255, 255], dark ? 0.1 : 0.3));
  const lower = hex(mix(background, [0, 0, 0], dark ? 0.28 : 0.06));
  return `<defs><linearGradient id="ground" x1="1" y1="0" x2="0.1" y2="1"><stop offset="0" stop-color="${upper}"/><stop offset="0.55" stop-color="${hex(background)}"/><stop offset="1" stop-color="${lower}"/></linearGradient></defs><rect width="100%" height="100%" fill="url(#ground)"/>`;
}

/** Calms the drawing where the text stands. */
function quietCorner({ background }: CardColors): string {
  const color = hex(background);
  return `<defs><radialGradient id="quiet" cx="0.12" cy="0.95" r="0.95"><stop offset="0.3" stop-color="${color}" stop-opacity="0.88"/><stop offset="1" stop-color="${color}" stop-opacity="0"/></radialGradient></defs><rect width="100%" height="100%" fill="url(#quiet)"/>`;
}

/** Lower left, over a margin that is the same on the left and below; what stands before a colon becomes a line above. */
function title(card: PlaceholderCard, typeface: Typeface, colors: CardColors): string {
  const { width, height } = card.size;
  const unit = Math.sqrt(width * height);
  const margin = Math.min(width, height) * 0.095;
  const { kicker, main } = partTopic(typeface.drawable(card.topic));
  const small = unit * 0.034;
  const set = setText(
    main,
    {
      width: Math.min(width - 2 * margin, Math.max(width * 0.8, unit * 0.72)),
      height: height * 0.6 - margin,
      largest: unit * 0.16,
      comfortable: unit * 0.066,
      smallest: unit * 0.034,
      leading: LEADING,
    },
    typeface.width,
  );
  if (set.lines.length === 0) return '';
  const baseline = height - margin;
  const parts = set.lines.map((line, index) => {
    const y = baseline - (set.lines.length - 1 - index) * set.size * LEADING;
    return typeface.outline(line, margin, y, set.size);
  });
  const top = baseline - (set.lines.length - 1) * set.size * LEADING - set.size * CAPITAL_HEIGHT;
  const fill = hex(colors.text);
  const rule = `<rect x="${margin}" y="${top - unit * 0.058}" width="${unit * 0.075}" height="${unit * 0.0085}" fill="${fill}"/>`;
  const label =
    kicker === ''
      ? ''
      : `<path d="${typeface.outline(kicker, margin, top - unit * 0.088, fitting(kicker, small, width - 2 * margin, typeface))}" fill="${hex(mix(colors.text, colors.background, 0.18))}"/>`;
  return `${rule}${label}<path d="${parts.join('')}" fill="${fill}"/>`;
}

function partTopic(text: string): { kicker: string; main: string } {
  const found = /^(?<kicker>[^:]{2,40}):\s+(?<main>\S.{5,})$/u.exec(text)?.groups;
  return { kicker: found?.['kicker'] ?? '', main: upperFirst(found?.['main'] ?? text) };
}

function upperFirst(text: string): string {
  const [first = ''] = text;
  return first.toLocaleUpperCase() + text.slice(first.length);
}

function fitting(text: string, size: number, width: number, typeface: Typeface): number {
  return Math.min(size, (size * width) / typeface.width(text, size));
}

const GRAIN = 251;

/** A tile of faint light and dark specks: paper to the eye, and no steps in the gradients. */
function grain(seed: number, side: number): Buffer {
  const random = seededRandom(seed ^ 0x5e_ed);
  const tile = Buffer.alloc(side * side * 4);
  for (let at = 0; at < tile.length; at += 4) {
    const strength = random() + random() - 1;
    tile.fill(strength > 0 ? 255 : 0, at, at + 3);
    tile[at + 3] = Math.abs(strength) * 9;
  }
  return tile;
}
