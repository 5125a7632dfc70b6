/** What a gate remembers of overwritten and deleted objects, and how S3 tells of it. */
import type { Answer, Ask } from './s3-gate.ts';

interface Version {
  readonly key: string;
  readonly id: string;
  /** `null`: a mark that the object was deleted here. */
  readonly stored: Answer | null;
  readonly time: string;
}

export class KeptVersions {
  readonly #ask: Ask;
  /** Newest first. */
  readonly #versions: Version[] = [];

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** After a write of `url`; the id of what is there now. */
  async keep(method: string, url: string): Promise<string | undefined> {
    const { key } = placeOf(url);
    if (key === '') return undefined;
    const stored = method === 'DELETE' ? null : await this.#ask('GET', url.split('?')[0] ?? '');
    const id = `v${String(this.#versions.length).padStart(6, '0')}`;
    const time = new Date(stored?.headers['last-modified'] ?? Date.now()).toISOString();
    this.#versions.unshift({ key, id, stored, time });
    return id;
  }

  /** `undefined`: the question is not about versions. */
  answer(url: string): Answer | undefined {
    const { key, query } = placeOf(url);
    if (query.has('versioning'))
      return xml('<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>');
    if (query.has('versions')) return this.#list(query);
    const id = query.get('versionId');
    if (id === null) return undefined;
    const found = this.#versions.find((version) => version.key === key && version.id === id);
    return found?.stored ?? xml('<Error><Code>NoSuchVersion</Code><Message>none</Message></Error>', 404);
  }

  #list(query: URLSearchParams): Answer {
    const prefix = query.get('prefix') ?? '';
    const wanted = this.#versions.filter(({ key }) => key.startsWith(prefix));
    wanted.sort((one, other) => Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)));
    const after = wanted.findIndex(
      ({ id, key }) => key === query.get('key-marker') && id === query.get('version-id-marker'),
    );
    const left = wanted.slice(after + 1);
    const page = left.slice(0, Number(query.get('max-keys') ?? 1_000));
    const last = page.at(-1);
    const cut = page.length < left.length && last !== undefined;
    const next = cut
      ? `<NextKeyMarker>${escaped(last.key)}</NextKeyMarker><NextVersionIdMarker>${last.id}</NextVersionIdMarker>`
      : '';
    return xml(
      `<ListVersionsResult><IsTruncated>${cut}</IsTruncated>${next}${page.map(described).join('')}</ListVersionsResult>`,
    );
  }
}

function described({ id, key, stored, time }: Version): string {
  const common = `<Key>${escaped(key)}</Key><VersionId>${id}</VersionId><LastModified>${time}</LastModified>`;
  if (stored === null) return `<DeleteMarker>${common}</DeleteMarker>`;
  return `<Version>${common}<ETag>${escaped(stored.headers.etag ?? '')}</ETag><Size>${stored.body.length}</Size></Version>`;
}

function placeOf(url: string): { readonly key: string; readonly query: URLSearchParams } {
  const [path = '', query = ''] = url.split('?');
  const key = path.split('/').slice(2).map(decodeURIComponent).join('/');
  return { key, query: new URLSearchParams(query) };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

function xml(body: string, status = 200): Answer {
  return { status, headers: { 'content-type': 'application/xml' }, body: Buffer.from(body) };
}
