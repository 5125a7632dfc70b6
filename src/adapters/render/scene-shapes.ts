/** What stands before the sky of a drawn scene. Each layer is nearer, darker and rougher than the last, as air makes it. */

export interface SceneStage {
  readonly width: number;
  readonly height: number;
  /** Height in pixels at which the ground begins. */
  readonly horizon: number;
  readonly random: () => number;
  readonly light: string;
  readonly far: string;
  readonly near: string;
  readonly sun: { readonly x: number; readonly y: number; readonly radius: number };
}

/** Mountain or hill ranges, the nearest at the bottom. */
export function ranges(stage: SceneStage, count: number): string {
  const { width, height, horizon, random } = stage;
  const parts: string[] = [];
  for (let layer = 0; layer < count; layer += 1) {
    const depth = count === 1 ? 0 : layer / (count - 1);
    const base = horizon + (height * 0.92 - horizon) * depth * (count > 2 ? 1 : 0.12);
    const swing = height * (0.1 - 0.035 * depth);
    const line = ridge(width, base, swing, random, layer === 0 ? 5 : 3);
    parts.push(
      `<path d="${line}L${width} ${height}L0 ${height}Z" fill="${blend(stage.far, stage.near, depth * (count > 2 ? 1 : 0.3))}"/>`,
      // Mist at the foot of a range parts it from the next one.
      `<path d="${line}L${width} ${height}L0 ${height}Z" fill="url(#mist${layer})"/>`,
      `<defs><linearGradient id="mist${layer}" gradientUnits="userSpaceOnUse" x1="0" y1="${base - swing}" x2="0" y2="${base + height * 0.2}"><stop offset="0.2" stop-color="${stage.light}" stop-opacity="0"/><stop offset="1" stop-color="${stage.light}" stop-opacity="${0.3 * (1 - depth)}"/></linearGradient></defs>`,
    );
  }
  return parts.join('');
}

/** A sea with the sun's path on it. */
export function reflection(stage: SceneStage): string {
  const { width, height, horizon, random, sun } = stage;
  const level = horizon + height * 0.03;
  const parts = [
    `<defs><linearGradient id="sea" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${blend(stage.far, stage.light, 0.3)}"/><stop offset="0.35" stop-color="${stage.far}"/><stop offset="1" stop-color="${stage.near}"/></linearGradient></defs><rect x="0" y="${level}" width="${width}" height="${height - level}" fill="url(#sea)"/>`,
  ];
  for (let glint = 0; glint < 150; glint += 1) {
    const depth = random() ** 1.4;
    const y = level + 2 + depth * (height - level);
    const spread = sun.radius * (0.7 + depth * 2.6);
    const x = sun.x + (random() + random() - 1) * spread;
    const long = width * (0.006 + depth * 0.04) * (0.4 + random());
    parts.push(
      `<ellipse cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" rx="${long.toFixed(1)}" ry="${(1 + depth * 2.6).toFixed(1)}" fill="${stage.light}" opacity="${(0.65 - depth * 0.5).toFixed(2)}"/>`,
    );
  }
  for (let wave = 0; wave < 60; wave += 1) {
    const depth = random();
    parts.push(
      `<ellipse cx="${(random() * width).toFixed(1)}" cy="${(level + depth * (height - level)).toFixed(1)}" rx="${(width * (0.02 + depth * 0.08)).toFixed(1)}" ry="${(0.8 + depth * 2).toFixed(1)}" fill="${random() < 0.5 ? stage.near : stage.light}" opacity="${(0.06 + random() * 0.1).toFixed(2)}"/>`,
    );
  }
  return parts.join('');
}

/** Three rows of houses with lit windows in the front two. */
export function skyline(stage: SceneStage): string {
  const { width, height, horizon, random } = stage;
  const parts: string[] = [];
  for (let row = 0; row < 3; row += 1) {
    const ground = horizon + (height - horizon) * (0.25 + row * 0.4);
    const color = blend(stage.far, stage.near, 0.35 + row * 0.32);
    for (let left = -random() * 40; left < width;) {
      const wide = width * (0.022 + random() * 0.035) * (1 + row * 0.3);
      const tall = height * (0.1 + random() ** 2 * 0.3) * (1 - row * 0.12);
      const top = ground - tall;
      parts.push(
        `<rect x="${left.toFixed(1)}" y="${top.toFixed(1)}" width="${(wide + 1).toFixed(1)}" height="${(height - top).toFixed(1)}" fill="${color}"/>`,
      );
      if (random() < 0.22) {
        parts.push(
          `<rect x="${(left + wide / 2).toFixed(1)}" y="${(top - tall * 0.16).toFixed(1)}" width="${(width * 0.0016).toFixed(1)}" height="${(tall * 0.16).toFixed(1)}" fill="${color}"/>`,
        );
      }
      if (row > 0) parts.push(windows(stage, left, top, wide, height, row));
      left += wide * (1 + random() * 0.18);
    }
  }
  return parts.join('');
}

function windows(
  stage: SceneStage,
  left: number,
  top: number,
  wide: number,
  bottom: number,
  row: number,
): string {
  const pitch = stage.width * 0.0066 * (1 + row * 0.2);
  const parts: string[] = [];
  for (let y = top + pitch; y < bottom; y += pitch * 1.5) {
    for (let x = left + pitch * 0.7; x < left + wide - pitch; x += pitch) {
      if (stage.random() < 0.24) {
        parts.push(
          `M${x.toFixed(1)} ${y.toFixed(1)}h${(pitch * 0.42).toFixed(1)}v${(pitch * 0.7).toFixed(1)}h${(-pitch * 0.42).toFixed(1)}z`,
        );
      }
    }
  }
  return `<path d="${parts.join('')}" fill="${stage.light}" opacity="${0.35 + stage.random() * 0.45}"/>`;
}

/** Firs along the lower edge, larger and darker towards it. */
export function trees(stage: SceneStage): string {
  const { width, height, horizon, random } = stage;
  const parts: string[] = [];
  for (let row = 0; row < 3; row += 1) {
    const ground = horizon + (height - horizon) * (0.42 + row * 0.36);
    const color = blend(stage.far, stage.near, 0.6 + row * 0.2);
    const shapes: string[] = [`M0 ${height}V${ground}H${width}V${height}Z`];
    for (let x = 0; x < width; x += width * (0.008 + random() * 0.016) * (1 + row * 0.5)) {
      shapes.push(
        fir(
          x,
          ground + random() * height * 0.02,
          height * (0.06 + random() * 0.09) * (1 + row * 0.55),
          random,
        ),
      );
    }
    parts.push(`<path d="${shapes.join('')}" fill="${color}"/>`);
  }
  return parts.join('');
}

function fir(x: number, ground: number, tall: number, random: () => number): string {
  const tiers = 6;
  const half = tall * (0.15 + random() * 0.05);
  const side = (direction: 1 | -1) =>
    Array.from({ length: tiers }, (_, tier) => {
      const down = (tier + 1) / tiers;
      const out = half * down * (0.85 + random() * 0.3);
      const y = ground - tall * (1 - down);
      return {
        outer: [x + direction * out, y],
        inner: [x + direction * out * 0.55, y - tall * 0.015],
      } as const;
    });
  const right = side(1).flatMap(({ outer, inner }) => [outer, inner]);
  const left = side(-1)
    .flatMap(({ outer, inner }) => [outer, inner])
    .reverse();
  const points = [[x, ground - tall], ...right, ...left];
  return `M${points.map((point) => point.map((part) => (part ?? 0).toFixed(1)).join(' ')).join('L')}Z`;
}

/** A line from left to right made by halving distances, `smoothness` 1–6: higher is calmer. */
function ridge(width: number, base: number, swing: number, random: () => number, smoothness: number): string {
  let heights = Array.from({ length: 9 - smoothness }, () => random() - 0.5);
  for (let round = 0, rough = 0.34; round < 5; round += 1, rough *= smoothness > 4 ? 0.5 : 0.36) {
    heights = heights.flatMap((value, index) => {
      const next = heights[index + 1];
      return next === undefined ? [value] : [value, (value + next) / 2 + (random() - 0.5) * rough];
    });
  }
  const last = heights.length - 1;
  return heights
    .map(
      (value, index) =>
        `${index === 0 ? 'M' : 'L'}${((index / last) * width).toFixed(1)} ${(base - value * swing * 2).toFixed(1)}`,
    )
    .join('');
}

/** Mixes two `#rrggbb` colours. */
function blend(from: string, to: string, share: number): string {
  const parts = [1, 3, 5].map((at) => {
    const first = Number.parseInt(from.slice(at, at + 2), 16);
    const second = Number.parseInt(to.slice(at, at + 2), 16);
    return Math.round(first + (second - first) * share)
      .toString(16)
      .padStart(2, '0');
  });
  return `#${parts.join('')}`;
}
