/** P8: a place for a step's files that is gone afterwards, whatever happened. */
export interface Workspace {
  /** `path(name)` is a local file in a fresh, private folder. The folder is removed before this settles. */
  withFolder<T>(purpose: string, use: (path: (name: string) => string) => Promise<T>): Promise<T>;
  /** Lower-case hexadecimal SHA-256 and size of a local file, streamed, or of what is in memory already. */
  fingerprint(source: string | Uint8Array): Promise<{ readonly sha256: string; readonly bytes: number }>;
}
