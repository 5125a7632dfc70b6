/** Addresses out of an answer, and what is found there: nothing is asked but this machine, and nothing half stays. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { BlockList, isIP, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';

import { createDownloads, type DownloadOptions } from '../../src/adapters/http/downloads.ts';
import type { DownloadKind } from '../../src/ports/downloads.ts';
import { quickRenderer } from '../support/quick-renderer.ts';
import {
  answers,
  judgeFailure,
  KEY,
  startAnsweringServer,
  type Answer,
  type AnsweringServer,
} from './answers.ts';
import { fuzz } from './fuzz.ts';
import { damaged, text } from './hostile.ts';

const MOST = 50_000;
const MP4 = Buffer.concat([
  Buffer.from('000000206674797069736f6d0000020069736f6d69736f32617663316d703431', 'hex'),
  Buffer.alloc(300, 7),
]);

let server: AnsweringServer;
let folder = '';
let png: Buffer;
/** Every address that this process tried to reach. */
let reached: { ip: string; port: number }[] = [];
const connect = Object.getOwnPropertyDescriptor(Socket.prototype, 'connect')?.value as (
  ...words: unknown[]
) => Socket;
beforeAll(async () => {
  server = await startAnsweringServer();
  folder = await mkdtemp(join(tmpdir(), 'reelmill-fuzz-downloads-'));
  png = await sharp({ create: { width: 16, height: 16, channels: 3, background: '#123456' } })
    .png()
    .toBuffer();
  // Watched, not changed: what is reached is seen where the operating system is asked for it.
  Socket.prototype.connect = function (this: Socket, ...words: unknown[]) {
    this.on('connectionAttempt', (ip: string, port: number) => void reached.push({ ip, port }));
    return Reflect.apply(connect, this, words);
  };
});
beforeEach(() => void (reached = []));
afterAll(async () => {
  Socket.prototype.connect = connect as typeof Socket.prototype.connect;
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** As the registries list them, and not as our own code does. */
const PRIVATE = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['224.0.0.0', 3],
] as const)
  PRIVATE.addSubnet(net, bits);

const octet = fc.nat(255);
const privateIp = fc.oneof(
  fc.tuple(fc.constant(10), octet, octet, octet),
  fc.tuple(fc.constant(127), octet, octet, octet),
  fc.tuple(fc.constant(169), fc.constant(254), octet, octet),
  fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
  fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
);
/** One address in all the ways in which a URL can spell it. */
const spelled = privateIp.chain(([a, b, c, d]) => {
  const number = ((a * 256 + b) * 256 + c) * 256 + d;
  const hex = (value: number): string => value.toString(16).padStart(2, '0');
  const v6 = `${hex(a)}${hex(b)}:${hex(c)}${hex(d)}`;
  const wide = (value: number): string =>
    [...String(value)].map((digit) => String.fromCodePoint(0xff10 + Number(digit))).join('');
  return fc.constantFrom(
    `${a}.${b}.${c}.${d}`,
    `${a}.${b}.${c}.${d}.`,
    `${a}.${b}.${c * 256 + d}`,
    `${number}`,
    `0x${number.toString(16)}`,
    `0${number.toString(8)}`,
    `0x${hex(a)}.0${b.toString(8)}.${c}.${d}`,
    `%3${String(a)[0]}${String(a).slice(1)}.${b}.${c}.${d}`,
    `${wide(a)}.${wide(b)}。${wide(c)}．${wide(d)}`,
    `[::ffff:${a}.${b}.${c}.${d}]`,
    `[::ffff:${v6}]`,
    `[0:0:0:0:0:FFFF:${v6}]`,
    `[64:ff9b::${v6}]`,
    `[2002:${v6}::1]`,
    `[::${a}.${b}.${c}.${d}]`,
  );
});
const name = fc.constantFrom(
  'localhost',
  'LOCALHOST.',
  'a.localhost',
  'ⓛocalhost',
  'loc\u00adalhost',
  'x.example',
  'пример.example',
  'xn--e1afmkfd.example',
  'x.example.',
  'metadata.google.internal',
  '[fe80::1]',
  '[fc00::1]',
  '[fd00:ec2::254]',
  '[::1]',
  '[::]',
  `${'a'.repeat(63)}.example`,
  `${'a'.repeat(64)}.example`,
  'a..b',
  '-',
  '%',
  '',
);
const host = fc.oneof(spelled, name);
const scheme = fc.constantFrom(
  'https:',
  'https:',
  'http:',
  'HTTPS:',
  'file:',
  'ftp:',
  'data:',
  'javascript:',
  'blob:http:',
  'ws:',
  '',
);
const user = fc.constantFrom(
  '',
  '',
  '',
  'u:p@',
  '@',
  ':@',
  `${KEY}@`,
  'x.example@',
  'https:%2f%2fx.example@',
);
const path = fc.oneof(
  fc.constantFrom(
    '',
    '/',
    '/../../../etc/passwd',
    '/%2e%2e/%2e%2e/x',
    '/a\\..\\b',
    '/\0',
    '/\r\nHost: x',
    `/?sig=${KEY}`,
    '/#x',
    '/я',
  ),
  text.map((part) => `/${part}`),
);
const slashes = fc.constantFrom('//', '//', '//', '/', '\\\\', '////', '', '/\t/');
const port = fc.constantFrom('', '', ':1', ':0', ':99999', ':x', ':080', ':SERVER');
const address = fc.oneof(
  {
    arbitrary: fc.tuple(scheme, slashes, user, host, port, path).map((parts) => parts.join('')),
    weight: 6,
  },
  text,
  fc.constantFrom(
    '',
    '//',
    '..',
    '?',
    'http:',
    'https:a',
    '//10.0.0.1/',
    '\\\\10.0.0.1\\x',
    ' https://10.0.0.1/',
  ),
);
/** Where the name system sends the names: always somewhere that must not be asked, if only beside a place that may. */
const resolved = fc
  .tuple(
    privateIp,
    fc.constantFrom<readonly [string, ...string[]]>(
      ['10.0.0.1', '93.184.216.34'],
      ['93.184.216.34', '169.254.169.254'],
      ['fe80::1'],
      ['fc00::1', '127.0.0.1'],
      ['::ffff:10.0.0.1'],
      ['64:ff9b::a00:1'],
      ['::1'],
    ),
    fc.boolean(),
  )
  .map(([alone, several, one]) =>
    (one ? [alone.join('.')] : several).map((ip) => ({ address: ip, family: isIP(ip) })),
  );

function downloads(addresses: { address: string; family: number }[], allowLoopback: boolean) {
  const options: DownloadOptions = {
    allowLoopback,
    timeoutSeconds: 20,
    maxBytes: { picture: MOST, video: MOST },
    resolveAll: (_, done) => done(null, addresses),
  };
  return createDownloads(options);
}

/** A literal address of the internet itself would really be asked. */
function isHarmless(url: string): boolean {
  const parsed = URL.parse(url, server.url);
  const bare = parsed?.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '') ?? '';
  if (isIP(bare) === 4) return PRIVATE.check(bare);
  return isIP(bare) !== 6 || /^(?:::|fe80:|f[cd]|64:ff9b:|2002:)/.test(bare);
}

const onServer = (url: string): string => url.replaceAll(':SERVER', `:${server.port}`);

function judgeReached(allowLoopback: boolean): void {
  for (const { ip } of reached) {
    expect(allowLoopback, ip).toBe(true);
    expect(ip, ip).toMatch(/^(?:127\.\d+\.\d+\.\d+|::1|::ffff:(?:127\..*|7f.*))$/);
  }
}

/** Runs in a folder of its own, and looks at all that lies there and beside it afterwards. */
async function fetched(url: string, kind: DownloadKind, by: ReturnType<typeof downloads>) {
  const inner = join(folder, 'inner');
  await rm(inner, { recursive: true, force: true });
  await mkdir(inner);
  const result = await by.fetchFile(url, join(inner, 'file'), kind);
  expect(await readdir(folder)).toEqual(['inner']);
  expect(await readdir(inner)).toEqual(result.ok ? ['file'] : []);
  if (result.ok) return { ok: true as const, bytes: await readFile(join(inner, 'file')) };
  judgeFailure(result.failure);
  expect(['url_forbidden', 'download_failed', 'download_invalid', 'too_large']).toContain(
    result.failure.code,
  );
  return { ok: false as const, failure: result.failure };
}

fuzz(
  'P4 P6 no address out of an answer leads anywhere but to the internet, however it is spelled',
  600,
  fc.asyncProperty(address, resolved, fc.boolean(), async (given, addresses, allowLoopback) => {
    const url = onServer(given);
    fc.pre(isHarmless(url));
    reached = [];
    server.answer({ status: 404, headers: [], body: Buffer.from('no'), framing: 'length' });
    const result = await fetched(url, 'picture', downloads(addresses, allowLoopback));
    expect(result.ok).toBe(false);
    judgeReached(allowLoopback);
    if (!allowLoopback) expect(server.asked).toEqual([]);
  }),
);

fuzz(
  'P4 P6 no redirect leads to the network that the machine is in, or out of the web',
  250,
  fc.asyncProperty(
    fc.array(fc.tuple(fc.constantFrom(301, 302, 303, 307, 308), address), { minLength: 1, maxLength: 7 }),
    resolved,
    async (hops, addresses) => {
      const urls = hops.map(([, given]) => onServer(given).replaceAll(/[\r\n\0]/g, ''));
      fc.pre(urls.every(isHarmless));
      reached = [];
      const redirect = ([status]: readonly [number, string], index: number): Answer => ({
        status,
        headers: [['location', Buffer.from(urls[index] ?? '').toString('latin1')]],
        body: Buffer.alloc(0),
        framing: 'length',
      });
      server.answer(...hops.map(redirect), { status: 200, headers: [], body: png, framing: 'length' });
      const result = await fetched(`${server.url}/first`, 'picture', downloads(addresses, true));
      judgeReached(true);
      expect(server.asked.length).toBeLessThanOrEqual(6);
      if (result.ok) expect(result.bytes.equals(png)).toBe(true);
    },
  ),
);

const body = fc.constant(null).chain(() =>
  fc.oneof(
    fc.constantFrom(
      png,
      MP4,
      Buffer.alloc(0),
      Buffer.from('<!DOCTYPE html><html>gone</html>'),
      Buffer.from('{"error":1}'),
    ),
    damaged(png),
    damaged(MP4),
    // The right beginning, and then more than is wanted.
    fc
      .constantFrom(png, MP4)
      .chain((good) =>
        fc
          .integer({ min: -2, max: 20_000 })
          .map((more) => Buffer.concat([good, Buffer.alloc(Math.max(0, MOST - good.length + more))])),
      ),
  ),
);

fuzz(
  'P4 P6 what arrives under its name is whole and of its kind; of anything else nothing stays',
  350,
  fc.asyncProperty(
    fc.constant(null).chain(() => answers(body)),
    fc.constantFrom('picture' as const, 'video' as const),
    async (answer, kind) => {
      const headers = answer.headers.filter(([header]) => header !== 'location');
      server.answer({ ...answer, headers });
      const result = await fetched(`${server.url}/file?sig=${KEY}`, kind, downloads([], true));
      expect(server.asked).toHaveLength(1);
      const { framing, status } = answer;
      if (!result.ok) {
        if (framing === 'announced' && status === 200) expect(result.failure.code).toBe('too_large');
        return;
      }
      expect(status).toBe(200);
      expect(['length', 'chunked', 'close']).toContain(framing);
      expect(Buffer.from(answer.body).equals(result.bytes)).toBe(true);
      expect(result.bytes.length).toBeLessThanOrEqual(MOST);
      const start = kind === 'picture' ? png.subarray(0, 8) : MP4.subarray(4, 8);
      expect(result.bytes.indexOf(start)).toBe(kind === 'picture' ? 0 : 4);
    },
  ),
);

fuzz(
  'P4 a picture that was damaged on the way is fitted, cut and shrunk whole, or named as unreadable',
  100,
  fc.asyncProperty(
    fc.constant(null).chain(() => damaged(png)),
    async (bytes) => {
      const given = join(folder, 'inner', 'given.png');
      await mkdir(join(folder, 'inner'), { recursive: true });
      await writeFile(given, bytes);
      const out = (part: string): string => join(folder, 'inner', part);
      const results = [
        await quickRenderer.fitPicture(given, out('a.png'), { width: 32, height: 32 }),
        await quickRenderer.splitGrid(given, [out('1'), out('2'), out('3'), out('4')]),
        await quickRenderer.shrinkPicture(given, out('b.jpg'), 100_000),
      ];
      for (const result of results) {
        if (result.ok) continue;
        judgeFailure(result.failure);
        expect(['download_invalid', 'too_large']).toContain(result.failure.code);
      }
    },
  ),
);
