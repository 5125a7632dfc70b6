/**
 * Where finished pictures and videos lie. Files are drawn when they are first fetched, since most of a soak's never are, and
 * addresses run out by the sandbox's clock, since real ones do.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { SandboxClock } from './clock.ts';
import { digestOf, signatureOf } from './digest.ts';
import type { Call, Operation, Reply, Vendor } from './exchange.ts';

/** More files than this are not kept, drawn ones and others; an older one is drawn again when it is asked for. */
const MOST_KEPT = 200;
const SECRET = 'sandbox-files';

export type FileKind = 'picture' | 'grid' | 'video';

interface Published {
  readonly kind: FileKind;
  readonly draw: (file: string) => Promise<void>;
}

const TYPES: Readonly<Record<FileKind, string>> = {
  picture: 'image/png',
  grid: 'image/png',
  video: 'video/mp4',
};

export class FileHost implements Vendor {
  readonly #published = new Map<string, Published>();
  readonly #drawn = new Map<string, Promise<string>>();
  readonly #kept = new Map<string, string>();
  readonly #clock: SandboxClock;
  readonly #base: () => string;
  readonly #folder: string;

  private constructor(clock: SandboxClock, base: () => string, folder: string) {
    this.#clock = clock;
    this.#base = base;
    this.#folder = folder;
  }

  /** `base`: the address under which this host is reached, known once the server listens. */
  static async open(clock: SandboxClock, base: () => string): Promise<FileHost> {
    return new FileHost(clock, base, await mkdtemp(path.join(tmpdir(), 'reelmill-sandbox-')));
  }

  /** `name` starts with a slash and ends in the file's ending. */
  publish(name: string, kind: FileKind, draw: (file: string) => Promise<void>): void {
    this.#published.set(name, { kind, draw });
  }

  /** An address that works until `expires`, in milliseconds since 1970. */
  url(name: string, expires: number): string {
    const seconds = Math.floor(expires / 1000);
    return `${this.#base()}${name}?expires=${seconds}&signature=${signatureOf(SECRET, name, seconds)}`;
  }

  /** Keeps a file that only lives in this host's folder, such as the picture that a video starts from. */
  async keep(name: string, bytes: Uint8Array): Promise<void> {
    const file = path.join(this.#folder, `kept-${digestOf(name)}`);
    await writeFile(file, bytes);
    this.#kept.set(name, file);
    const [oldest] = this.#kept.entries();
    if (this.#kept.size <= MOST_KEPT || oldest === undefined) return;
    this.#kept.delete(oldest[0]);
    await rm(oldest[1], { force: true });
  }

  /** Where a kept file lies; undefined when there was none, or too many came after it. */
  kept(name: string): string | undefined {
    return this.#kept.get(name);
  }

  /** The drawn file; drawn once, also when it is asked for several times at once. */
  drawn(name: string): Promise<string> {
    const known = this.#drawn.get(name);
    if (known !== undefined) return known;
    const published = this.#published.get(name);
    if (published === undefined)
      throw new Error(`The file host was asked to draw ${name}, which nobody published`);
    const file = path.join(this.#folder, `${digestOf(name)}${path.extname(name)}`);
    const drawing = published.draw(file).then(() => file);
    this.#drawn.set(name, drawing);
    drawing.catch(() => this.#drawn.delete(name));
    this.#forgetOldest();
    return drawing;
  }

  open(call: Call): Operation | Reply {
    const published = this.#published.get(call.path);
    if (call.method !== 'GET' && call.method !== 'HEAD') return this.error(405);
    if (published === undefined) return this.error(404, 'NoSuchKey');
    const expires = Number(call.query.get('expires'));
    const signature = call.query.get('signature');
    if (signature !== signatureOf(SECRET, call.path, expires))
      return this.error(403, 'SignatureDoesNotMatch');
    if (this.#clock.milliseconds() > expires * 1000) return this.error(403, 'Request has expired');
    const type = TYPES[published.kind];
    const run = async () => ({ reply: { status: 200, body: { file: await this.drawn(call.path), type } } });
    return { name: published.kind, paid: null, run };
  }

  error(status: number, message = 'AccessDenied'): Reply {
    const text = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${status}</Code><Message>${escaped(message)}</Message></Error>`;
    return { status, body: { text, type: 'application/xml' } };
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#drawn.values());
    await rm(this.#folder, { recursive: true, force: true });
  }

  // A reader that has the file open keeps it; the name alone goes.
  #forgetOldest(): void {
    const [oldest] = this.#drawn.entries();
    if (this.#drawn.size <= MOST_KEPT || oldest === undefined) return;
    this.#drawn.delete(oldest[0]);
    void oldest[1].then((file) => rm(file, { force: true })).catch(() => {});
  }
}

function escaped(text: string): string {
  return text.replace(/[<>&]/g, (character) => `&#${character.charCodeAt(0)};`);
}
