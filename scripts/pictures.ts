/**
 * Makes the pictures of README.md from a real demo: `npm run pictures`. The terminal is drawn from what the command
 * printed, and the posts from the files it made, so that neither can promise what the program does not do.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { z } from 'zod';

const ROOT = path.join(import.meta.dirname, '..');
const OUT = path.join(ROOT, 'docs', 'pictures');
const result = z.object({
  posts: z.array(z.object({ id: z.string(), files: z.array(z.object({ path: z.string() })) })),
});

function reelmill(...words: string[]): { readonly out: string; readonly told: string } {
  const done = spawnSync(process.execPath, [path.join(ROOT, 'src/cli/main.ts'), ...words], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, CI: '1' },
  });
  if (done.status !== 0)
    throw new Error(`reelmill ${words.join(' ')} ended with ${done.status}: ${done.stderr}`);
  return { out: done.stdout, told: done.stderr };
}

async function drawPosts(files: readonly string[]): Promise<void> {
  const [width, height, gap] = [640, 360, 16];
  const pictures = await Promise.all(
    files.map(async (file, index) => ({
      input: await sharp(file).resize(width, height).toBuffer(),
      left: index * (width + gap),
      top: 0,
    })),
  );
  const canvas = {
    width: files.length * (width + gap) - gap,
    height,
    channels: 4 as const,
    background: '#00000000',
  };
  await sharp({ create: canvas })
    .composite(pictures)
    .png({ palette: true })
    .toFile(path.join(OUT, 'posts.png'));
}

const FONT = { size: 15, line: 22, advance: 9.03 };

async function drawTerminal(lines: readonly string[]): Promise<void> {
  const width = Math.ceil(Math.max(...lines.map((line) => line.length)) * FONT.advance) + 48;
  const height = lines.length * FONT.line + 72;
  const text = lines
    .map(
      (line, index) =>
        `<text x="24" y="${60 + index * FONT.line}" fill="${colorOf(line)}" xml:space="preserve">${escaped(line)}</text>`,
    )
    .join('');
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (fill, index) => `<circle cx="${24 + index * 20}" cy="22" r="6" fill="${fill}"/>`,
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" rx="10" fill="#16181d"/>${dots.join('')}<g font-family="DejaVu Sans Mono, Menlo, monospace" font-size="${FONT.size}">${text}</g></svg>`;
  await sharp(Buffer.from(svg), { density: 144 })
    .png({ palette: true })
    .toFile(path.join(OUT, 'terminal.png'));
}

function colorOf(line: string): string {
  if (line.startsWith('$')) return '#ffffff';
  if (/^ {2}(ok|\.\.\.)/.test(line)) return '#9da5b4';
  return line.startsWith('  →') ? '#8ccf7e' : '#e6e9ef';
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

const folder = mkdtempSync(path.join(tmpdir(), 'reelmill-pictures-'));
try {
  const { posts } = result.parse(JSON.parse(reelmill('demo', '--json', '--out', folder).out));
  await drawPosts(
    posts.flatMap(({ files }) => files.map((file) => file.path).filter((file) => file.endsWith('.png'))),
  );
  const shown = reelmill('demo', '--out', folder);
  const lines = `$ npm run demo\n${shown.told}${shown.out}`
    .replaceAll(`${path.relative(ROOT, folder)}/`, 'demo-output/')
    .split('\n');
  // Whole runs: each ends with an empty line.
  await drawTerminal(lines.slice(0, lines.lastIndexOf('', 30)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
