import type { Result } from '../domain/failure.ts';

export type DownloadKind = 'picture' | 'video';

/**
 * Fetches what a provider's answer points to. Such addresses are hostile: https only, no private address (also after a
 * redirect or by DNS), bounded in size and time, streamed to disk, and the kind is checked by the bytes themselves.
 */
export interface Downloads {
  fetchFile(url: string, file: string, kind: DownloadKind): Promise<Result<{ readonly bytes: number }>>;
}
