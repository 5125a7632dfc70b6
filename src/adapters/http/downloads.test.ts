import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import type { DownloadKind } from '../../ports/downloads.ts';
import { createDownloads, type DownloadOptions } from './downloads.ts';
import { addressKind } from './public-address.ts';
import { closedPort, startRawServer, startTestServer, type Answer } from './test-server.ts';

let folder = '';
let png: Buffer;
beforeAll(async () => {
  png = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#123456' } })
    .png()
    .toBuffer();
});
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'downloads-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const BASE: DownloadOptions = {
  allowLoopback: true,
  timeoutSeconds: 10,
  maxBytes: { picture: 100_000, video: 100_000 },
};

function fetchFile(url: string, change: Partial<DownloadOptions> = {}, kind: DownloadKind = 'picture') {
  return createDownloads({ ...BASE, ...change }).fetchFile(url, path.join(folder, 'file'), kind);
}

async function failureOf(
  answer: Answer,
  change: Partial<DownloadOptions> = {},
  kind: DownloadKind = 'picture',
) {
  await using server = await startTestServer(answer);
  const result = await fetchFile(`${server.url}/a?signature=private`, change, kind);
  expect(await readdir(folder), 'nothing half done stays').toEqual(result.ok ? ['file'] : []);
  return result.ok ? null : result.failure;
}

const body =
  (content: Buffer | string): Answer =>
  (response) =>
    void response.writeHead(200).end(content);

test('P4 a picture arrives whole under its name', async () => {
  await using server = await startTestServer(body(png));
  expect(await fetchFile(`${server.url}/x.png`)).toEqual({ ok: true, value: { bytes: png.length } });
  expect((await readFile(path.join(folder, 'file'))).equals(png)).toBe(true);
  expect(await readdir(folder)).toEqual(['file']);
});

test.each(['jpeg', 'webp'] as const)('P4 a picture may be %s', async (format) => {
  expect(await failureOf(body(await sharp(png).toFormat(format).toBuffer()))).toBeNull();
});

test.each([
  ['mp4', '000000206674797069736f6d0000020069736f6d69736f32617663316d703431'],
  ['mov', '0000001466747970717420200000020071742020'],
])('P6 a video may be %s, and is no picture', async (_, hex) => {
  const bytes = Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(64)]);
  expect(await failureOf(body(bytes), {}, 'video')).toBeNull();
  await rm(path.join(folder, 'file'));
  expect(await failureOf(body(bytes))).toMatchObject({ code: 'download_invalid' });
});

describe('P4 P6 what is not the promised file', () => {
  test.each(['picture', 'video'] as const)('HTML instead of a %s', async (kind) => {
    const failed = await failureOf(body('<!DOCTYPE html><html>expired</html>'), {}, kind);
    expect(failed).toMatchObject({ code: 'download_invalid', retry: 'never' });
  });

  test('another container under the name of an MP4', async () => {
    const webm = Buffer.from('1a45dfa3934282847765626d42878104428581021853806701ffffffffffffff', 'hex');
    expect(await failureOf(body(Buffer.concat([webm, Buffer.alloc(64)])), {}, 'video')).toMatchObject({
      code: 'download_invalid',
    });
  });

  test('0 bytes', async () => {
    expect(await failureOf(body(''))).toMatchObject({ code: 'download_invalid' });
  });

  test('a GIF, whatever its headers say', async () => {
    const gif: Answer = (response) => void response.writeHead(200, { 'content-type': 'image/png' }).end(GIF);
    expect(await failureOf(gif)).toMatchObject({ code: 'download_invalid' });
  });

  test('a body that is cut before its announced end', async () => {
    const head = `HTTP/1.1 200 OK\r\ncontent-length: ${png.length}\r\n\r\n`;
    await using server = await startRawServer((socket) =>
      socket.once('data', () => socket.end(Buffer.concat([Buffer.from(head), png.subarray(0, 40)]))),
    );
    const result = await fetchFile(`http://127.0.0.1:${server.port}/`);
    expect(result).toMatchObject({ failure: { code: 'download_failed', retry: 'backoff' } });
    expect(await readdir(folder)).toEqual([]);
  });

  test('a chunked body that is cut', async () => {
    const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n20\r\n';
    await using server = await startRawServer((socket) =>
      socket.once('data', () => socket.end(Buffer.concat([Buffer.from(head), png.subarray(0, 20)]))),
    );
    const result = await fetchFile(`http://127.0.0.1:${server.port}/`);
    expect(result).toMatchObject({ failure: { code: 'download_failed' } });
  });

  test('10 GB announced is refused before a byte is stored', async () => {
    const huge: Answer = (response) => {
      response.writeHead(200, { 'content-length': String(10 * 1024 ** 3) });
      response.write(png);
    };
    expect(await failureOf(huge)).toMatchObject({ code: 'too_large' });
  });

  test('an endless body is cut at the limit', async () => {
    const endless: Answer = (response) => {
      response.writeHead(200).write(png);
      const write = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384)));
      };
      response.on('drain', write);
      write();
    };
    expect(await failureOf(endless)).toMatchObject({ code: 'too_large' });
  });

  test('a body that stops coming, and one that never starts', async () => {
    const stalled: Answer = (response) =>
      void response.writeHead(200, { 'content-length': '5000' }).write(png);
    expect(await failureOf(stalled, { stallSeconds: 0.1 })).toMatchObject({ code: 'download_failed' });
    expect(await failureOf(() => {}, { timeoutSeconds: 0.1 })).toMatchObject({ code: 'download_failed' });
  });

  test('an unasked compression', async () => {
    const packed: Answer = (response) =>
      void response.writeHead(200, { 'content-encoding': 'gzip' }).end(png);
    expect(await failureOf(packed)).toMatchObject({ code: 'download_invalid' });
  });
});

const GIF = Buffer.from('47494638396101000100800000000000ffffff2c00000000010001000002024401003b', 'hex');

test.each([403, 404, 410, 500, 206])('HTTP %i fails, and its body is not stored', async (status) => {
  const failed = await failureOf((response) => void response.writeHead(status).end(png));
  expect(failed).toMatchObject({ code: 'download_failed' });
  expect(failed?.message).toContain(String(status));
});

describe('addresses that must not be reached', () => {
  const FORBIDDEN = [
    'http://127.0.0.1/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://localhost/',
    'https://a.localhost/',
    'https://0.0.0.0/',
    'https://10.1.2.3/',
    'https://172.16.0.1/',
    'https://192.168.1.1/',
    'https://100.64.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://0xa9fea9fe/',
    'https://168.63.129.16/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[::10.0.0.1]/',
    'https://[64:ff9b::a00:1]/',
    'https://[2002:a00:1::]/',
    'https://[fc00::1]/',
    'https://[fe80::1]/',
    'https://[fd00:ec2::254]/',
    'http://example.com/',
    'https://user:password@example.com/',
    'ftp://example.com/',
    'file:///etc/passwd',
    'data:image/png;base64,AAAA',
    'not an address',
    `https://example.com/${'x'.repeat(10_000)}`,
  ];

  test.each(FORBIDDEN)('%s is refused without a request', async (url) => {
    const resolveAll = (): never => {
      throw new Error('no name may be looked up');
    };
    const result = await fetchFile(url, { allowLoopback: false, resolveAll });
    expect(result).toMatchObject({ failure: { code: 'url_forbidden', retry: 'never' } });
    expect(JSON.stringify(result)).not.toContain('password@');
  });

  test.each(['10.0.0.5', '127.0.0.1', '169.254.169.254', '::1', '::ffff:192.168.0.1', 'fd00::1'])(
    'a public name that resolves to %s is refused at the connection',
    async (address) => {
      const family = address.includes(':') ? 6 : 4;
      const result = await fetchFile('https://pictures.example.com/a.png', {
        allowLoopback: false,
        resolveAll: (_, done) =>
          done(null, [
            { address: '93.184.215.14', family: 4 },
            { address, family },
          ]),
      });
      expect(result).toMatchObject({ failure: { code: 'url_forbidden' } });
    },
  );

  test('a name is resolved once, and the socket goes to the address that was checked', async () => {
    const port = await closedPort();
    let asked = 0;
    const result = await fetchFile(`https://rebind.example.com:${port}/a.png`, {
      resolveAll: (_, done) => {
        asked += 1;
        done(null, [{ address: asked === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }]);
      },
    });
    expect(asked).toBe(1);
    expect(result).toMatchObject({ failure: { code: 'download_failed' } });
    expect(result.ok ? '' : result.failure.message).toContain('ECONNREFUSED');
  });

  test('plain http to this machine’s name must also resolve to this machine', async () => {
    const result = await fetchFile('http://localhost/', {
      resolveAll: (_, done) => done(null, [{ address: '93.184.215.14', family: 4 }]),
    });
    expect(result).toMatchObject({ failure: { code: 'url_forbidden' } });
  });

  test.each([
    'http://10.0.0.1/',
    'https://169.254.169.254/',
    'http://example.com/',
    'file:///etc/passwd',
    'http://a:b@127.0.0.1/',
  ])('a redirect to %s is refused', async (location) => {
    const failed = await failureOf((response) => void response.writeHead(302, { location }).end());
    expect(failed).toMatchObject({ code: 'url_forbidden' });
  });

  test('redirects are followed five times, not six', async () => {
    const hops =
      (most: number): Answer =>
      (response, { path: asked }) => {
        const hop = Number(/\d+$/.exec(asked)?.[0] ?? 0);
        if (hop < most) response.writeHead(302, { location: `/hop-${hop + 1}` }).end();
        else response.writeHead(200).end(png);
      };
    expect(await failureOf(hops(5))).toBeNull();
    await rm(path.join(folder, 'file'));
    expect(await failureOf(hops(6))).toMatchObject({ code: 'url_forbidden' });
  });

  test('documentation and future ranges are forbidden, ordinary ones are public', () => {
    for (const address of [
      '192.0.2.1',
      '198.18.0.1',
      '240.0.0.1',
      '2001:db8::1',
      'fec0::1',
      '100::1',
      'x',
      '',
    ])
      expect(addressKind(address), address).toBe('forbidden');
    for (const address of ['93.184.215.14', '8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8'])
      expect(addressKind(address), address).toBe('public');
  });
});

test('I8 a failure shows the path but not the signature of the address', async () => {
  const failed = await failureOf(body('no picture'));
  expect(failed?.where.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/a$/);
  expect(JSON.stringify(failed)).not.toContain('private');
});

test('a full disk or a missing folder is a failure, not a crash', async () => {
  await using server = await startTestServer(body(png));
  const result = await createDownloads(BASE).fetchFile(
    server.url,
    path.join(folder, 'no', 'file'),
    'picture',
  );
  expect(result).toMatchObject({ failure: { code: 'download_failed' } });
});
