/** A process of its own for the folder store's tests: writes as it is told on the command line, until it is done or killed. */
import { createFolderStore } from '../../src/adapters/folder/folder-store.ts';
import { collectList } from '../../src/ports/object-store.ts';

const [mode = '', root = '', name = '', count = '0'] = process.argv.slice(2);
const store = createFolderStore(root);
const PLAIN = { contentType: 'text/plain' };

/** Waits until two processes are there, so that they meet however busy the machine is. */
async function untilBothAreReady(): Promise<void> {
  const put = await store.put(`ready/${name}`, { bytes: new Uint8Array(1) }, PLAIN);
  if (!put.ok) throw new Error(put.failure.message);
  for (;;) {
    const listed = await collectList(store, 'ready/');
    if (!listed.ok) throw new Error(listed.failure.message);
    if (listed.value.length === 2) return;
  }
}

/** Adds one to a shared counter `count` times, each time only if nobody else did meanwhile; tells how often it lost. */
async function addUp(): Promise<void> {
  await untilBothAreReady();
  let lost = 0;
  for (let added = 0; added < Number(count);) {
    const read = await store.get('counter', 1_000);
    if (!read.ok) throw new Error(read.failure.message);
    const before = read.value === null ? 0 : Number(new TextDecoder().decode(read.value.body));
    const bytes = new TextEncoder().encode(String(before + 1));
    const put = await store.put('counter', { bytes }, { ...PLAIN, onlyIf: read.value?.etag ?? null });
    if (put.ok) added += 1;
    else if (put.failure.code === 'state_conflict') lost += 1;
    else throw new Error(put.failure.message);
  }
  process.stdout.write(`lost ${lost}\n`);
}

/** Overwrites a few objects for ever with bodies whose every byte is the same, and tells when each write is durable. */
async function overwrite(): Promise<void> {
  for (let turn = 0; ; turn += 1) {
    const bytes = new Uint8Array(200_000).fill(65 + (turn % 26));
    const put = await store.put(`whole/${name}-${turn % 3}`, { bytes }, PLAIN);
    if (!put.ok) throw new Error(put.failure.message);
    process.stdout.write(`${turn}\n`);
  }
}

/** Puts one object of `count` bytes and tells how that went. */
async function putOnce(): Promise<void> {
  const put = await store.put(name, { bytes: new Uint8Array(Number(count)) }, PLAIN);
  process.stdout.write(put.ok ? 'success\n' : `${put.failure.code} ${put.failure.effect}\n`);
}

const modes: Readonly<Record<string, () => Promise<void>>> = { add: addUp, overwrite, put: putOnce };
await modes[mode]?.();
