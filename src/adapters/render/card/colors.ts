/**
 * The colours of a card. A configuration may name any two, also two that cannot be told apart; the card is what readers
 * see, so the text is moved away from the background until it can be read.
 */

/** Red, green, blue, 0–255 each. */
export type Color = readonly [number, number, number];

export interface CardColors {
  readonly background: Color;
  readonly text: Color;
  /** Whether the background is a dark one: light then comes from the shapes, not from the ground. */
  readonly dark: boolean;
}

/** Contrast that the text gets at least: WCAG 2.2 asks 4.5 (1.4.3), the rest pays for shapes behind the text. */
const CONTRAST = 5.5;

const BLACK: Color = [0, 0, 0];
const WHITE: Color = [255, 255, 255];

/** Six hexadecimal digits each, without `#`. */
export function cardColors(backgroundColor: string, textColor: string): CardColors {
  const background = fromHex(backgroundColor);
  const dark = contrast(background, WHITE) > contrast(background, BLACK);
  const wished = fromHex(textColor);
  // Towards the side where the wish already lies, if that side can be read; else the other one.
  const lighter = luminance(wished) > luminance(background);
  const near = lighter ? WHITE : BLACK;
  const far = dark ? WHITE : BLACK;
  const goal = contrast(near, background) >= CONTRAST ? near : far;
  let text = wished;
  for (let share = 0; share <= 1 && contrast(text, background) < CONTRAST; share += 0.05) {
    text = mix(wished, goal, share);
  }
  return { background, text: contrast(text, background) < 4.5 ? goal : text, dark };
}

export function mix(from: Color, to: Color, share: number): Color {
  return [
    from[0] + (to[0] - from[0]) * share,
    from[1] + (to[1] - from[1]) * share,
    from[2] + (to[2] - from[2]) * share,
  ];
}

export function hex(color: Color): string {
  return `#${color
    .map((part) =>
      Math.round(Math.min(255, Math.max(0, part)))
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}

/** WCAG 2.2 contrast ratio, 1–21. */
export function contrast(one: Color, other: Color): number {
  const [first, second] = [luminance(one), luminance(other)];
  return (Math.max(first, second) + 0.05) / (Math.min(first, second) + 0.05);
}

function fromHex(digits: string): Color {
  const value = Number.parseInt(digits, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function luminance(color: Color): number {
  const [red, green, blue] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}
