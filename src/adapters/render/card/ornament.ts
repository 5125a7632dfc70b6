/**
 * The drawing on a card: one of several families of shapes, its family and every measure taken from the topic, so that
 * a channel's cards differ from each other and one topic always looks the same.
 */
import type { PictureSize } from '../../../ports/renderer.ts';
import type { CardColors } from './colors.ts';
import { hex, mix } from './colors.ts';

type Random = () => number;

interface Stage {
  readonly size: PictureSize;
  /** The point that the drawing grows from: near the upper right corner, away from the text. */
  readonly x: number;
  readonly y: number;
  /** A length to measure by: the geometric mean of the sides. */
  readonly unit: number;
  readonly light: string;
  readonly shade: string;
  readonly random: Random;
}

const FAMILIES = [rings, discs, contours, beams, halftone, arches];

/** SVG elements in low contrast; readable text may lie over all of them. */
export function ornament(size: PictureSize, colors: CardColors, random: Random): string {
  const family = FAMILIES[Math.floor(random() * FAMILIES.length)] ?? rings;
  const stage: Stage = {
    size,
    x: size.width * (0.72 + random() * 0.2),
    y: size.height * (0.14 + random() * 0.2),
    unit: Math.sqrt(size.width * size.height),
    light: hex(mix(colors.background, [255, 255, 255], colors.dark ? 0.24 : 0.6)),
    shade: hex(mix(colors.background, colors.dark ? [0, 0, 0] : colors.text, colors.dark ? 0.5 : 0.34)),
    random,
  };
  return family(stage);
}

/** Orbits with a body on some of them. */
function rings({ x, y, unit, light, shade, random }: Stage): string {
  const parts = [`<circle cx="${x}" cy="${y}" r="${unit * 0.085}" fill="${light}" opacity="0.9"/>`];
  for (let index = 0; index < 9; index += 1) {
    const radius = unit * (0.15 + index * 0.082 + index * index * 0.004);
    const angle = (0.3 + random() * 0.75) * Math.PI;
    parts.push(
      `<circle cx="${x}" cy="${y}" r="${radius}" fill="none" stroke="${index % 3 === 1 ? light : shade}" stroke-width="${unit * (index % 3 === 0 ? 0.0042 : 0.002)}" opacity="${0.62 - index * 0.045}"/>`,
    );
    if (index % 2 === 1) {
      const body = unit * (0.009 + random() * 0.017);
      parts.push(
        `<circle cx="${x + Math.cos(angle) * radius}" cy="${y + Math.sin(angle) * radius}" r="${body}" fill="${index % 4 === 1 ? shade : light}"/>`,
      );
    }
  }
  return parts.join('');
}

/** Large translucent discs that overlap, each lit from one side. */
function discs({ x, y, unit, light, shade, random }: Stage): string {
  const turn = random() * 60 - 30;
  const gradient = (id: string, color: string) =>
    `<linearGradient id="${id}" x1="0" y1="0" x2="0.35" y2="1" gradientTransform="rotate(${turn} 0.5 0.5)"><stop offset="0" stop-color="${color}" stop-opacity="0.85"/><stop offset="1" stop-color="${color}" stop-opacity="0"/></linearGradient>`;
  const spread = unit * (0.2 + random() * 0.08);
  const angle = (0.55 + random() * 0.35) * Math.PI;
  const circle = (distance: number, radius: number, fill: string) =>
    `<circle cx="${x + Math.cos(angle) * distance}" cy="${y + Math.sin(angle) * distance}" r="${radius}" fill="url(#${fill})"/>`;
  return `<defs>${gradient('lit', light)}${gradient('dim', shade)}</defs>${circle(0, unit * 0.34, 'dim')}${circle(spread, unit * (0.24 + random() * 0.06), 'lit')}${circle(-spread * 0.55, unit * 0.13, 'lit')}${circle(spread * 1.75, unit * (0.07 + random() * 0.05), 'dim')}`;
}

/** Lines of equal height around a hill, as on a map. */
function contours({ x, y, unit, light, shade, random }: Stage): string {
  const waves = [2, 3, 5].map((count) => ({
    count,
    phase: random() * 2 * Math.PI,
    height: (0.1 + random() * 0.1) / count,
  }));
  const parts: string[] = [];
  for (let index = 0; index < 15; index += 1) {
    const radius = unit * (0.035 + index * 0.048);
    const points = Array.from({ length: 72 }, (_, step) => {
      const angle = (step / 72) * 2 * Math.PI;
      const bend = waves.reduce(
        (sum, wave) => sum + wave.height * Math.sin(wave.count * angle + wave.phase + index * 0.13),
        1,
      );
      return [x + Math.cos(angle) * radius * bend * 1.25, y + Math.sin(angle) * radius * bend] as const;
    });
    parts.push(
      `<path d="${smoothLoop(points)}" fill="${index === 0 ? light : 'none'}" stroke="${index % 4 === 0 ? light : shade}" stroke-width="${unit * (index % 4 === 0 ? 0.0048 : 0.0021)}" opacity="${0.78 - index * 0.036}"/>`,
    );
  }
  return parts.join('');
}

/** Light that falls in through a window: slanted bands that fade. */
function beams({ size, unit, light, shade, random }: Stage): string {
  const lean = Math.tan(((22 + random() * 16) * Math.PI) / 180) * size.height;
  const parts = [
    `<defs><linearGradient id="lit" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${light}" stop-opacity="0.95"/><stop offset="1" stop-color="${light}" stop-opacity="0"/></linearGradient><linearGradient id="dim" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${shade}" stop-opacity="0.55"/><stop offset="0.8" stop-color="${shade}" stop-opacity="0"/></linearGradient></defs>`,
  ];
  let left = size.width * (0.42 + random() * 0.14);
  for (let index = 0; left < size.width + lean; index += 1) {
    const wide = unit * (0.02 + random() * 0.13);
    parts.push(
      `<path d="M${left} 0h${wide}L${left + wide - lean} ${size.height}h${-wide}Z" fill="url(#${index % 2 === 0 ? 'lit' : 'dim'})"/>`,
    );
    left += wide + unit * (0.012 + random() * 0.05);
  }
  return parts.join('');
}

/** Printed dots that shrink with the distance from a light. */
function halftone({ size, x, y, unit, light, shade, random }: Stage): string {
  const pitch = unit * (0.03 + random() * 0.008);
  const reach = unit * (0.62 + random() * 0.12);
  const parts: string[] = [];
  for (let row = 0; row * pitch * 0.866 < size.height + pitch; row += 1) {
    for (let column = 0; column * pitch < size.width + pitch; column += 1) {
      const dotX = (column + (row % 2) / 2) * pitch;
      const dotY = row * pitch * 0.866;
      const near = 1 - Math.hypot(dotX - x, dotY - y) / reach;
      if (near <= 0.04) continue;
      parts.push(
        `<circle cx="${dotX.toFixed(1)}" cy="${dotY.toFixed(1)}" r="${(pitch * 0.52 * near ** 0.9).toFixed(2)}"/>`,
      );
    }
  }
  return `<circle cx="${x}" cy="${y}" r="${unit * 0.3}" fill="${light}" opacity="0.55"/><g fill="${shade}" opacity="0.6">${parts.join('')}</g>`;
}

/** Half circles stacked like roof tiles, some lit. */
function arches({ size, unit, light, shade, random }: Stage): string {
  const cell = unit * (0.145 + random() * 0.04);
  const columns = Math.ceil((size.width * 0.62) / cell);
  const rows = Math.max(2, Math.ceil((size.height * 0.46) / cell));
  const parts: string[] = [];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const presence = (1 - column / columns) * (1 - row / (rows + 0.4));
      if (random() > presence * 1.9) continue;
      const left = size.width - (column + 1) * cell;
      const top = row * cell;
      const corner = Math.floor(random() * 4);
      const turn = `rotate(${corner * 90} ${left + cell / 2} ${top + cell / 2})`;
      const quarter = `M${left} ${top}h${cell}a${cell} ${cell} 0 0 1 ${-cell} ${cell}Z`;
      parts.push(
        `<path d="${quarter}" transform="${turn}" fill="${random() < 0.5 ? light : shade}" opacity="${(0.25 + presence * 0.6).toFixed(2)}"/>`,
      );
    }
  }
  return parts.join('');
}

/** A closed curve through the middles of the given points' sides. */
function smoothLoop(points: readonly (readonly [number, number])[]): string {
  const middle = (index: number) => {
    const [x1, y1] = points[index % points.length] ?? [0, 0];
    const [x2, y2] = points[(index + 1) % points.length] ?? [0, 0];
    return `${((x1 + x2) / 2).toFixed(1)} ${((y1 + y2) / 2).toFixed(1)}`;
  };
  const curves = points.map((_, index) => {
    const [x, y] = points[(index + 1) % points.length] ?? [0, 0];
    return `Q${x.toFixed(1)} ${y.toFixed(1)} ${middle(index + 1)}`;
  });
  return `M${middle(0)}${curves.join('')}Z`;
}
