/** The files of a Midjourney task: four pictures, and the grid of all four, which some plans give alone. */
import sharp from 'sharp';

import type { FileHost } from './file-host.ts';
import type { SandboxMedia } from './options.ts';

/** Publishes one picture, 0 to 3, and returns its name on the file host. */
export function publishPicture(
  files: FileHost,
  media: SandboxMedia,
  id: string,
  prompt: string,
  variant: number,
): string {
  const name = `/piapi/${id}/${variant}.png`;
  files.publish(name, 'picture', (file) => media.drawPicture(file, prompt, variant));
  return name;
}

/** Publishes the 2×2 grid of four pictures of one size, and returns its name on the file host. */
export function publishGrid(files: FileHost, id: string, pictures: readonly string[]): string {
  const name = `/piapi/${id}/grid.png`;
  files.publish(name, 'grid', async (file) => {
    const drawn = await Promise.all(pictures.map((picture) => files.drawn(picture)));
    const { width, height } = await sharp(drawn[0]).metadata();
    const corners = drawn.map((input, index) => ({
      input,
      left: (index % 2) * width,
      top: Math.floor(index / 2) * height,
    }));
    await sharp({ create: { width: width * 2, height: height * 2, channels: 3, background: '#000000' } })
      .composite(corners)
      .removeAlpha()
      .png({ compressionLevel: 3 })
      .toFile(file);
  });
  return name;
}
