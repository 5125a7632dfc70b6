import type { Result } from '../domain/failure.ts';

/** I1: the right to act on a channel, held by one run at a time. */
export interface Lease {
  /**
   * Not acquired: another run holds it, and nothing was left behind; `holder` for the log, `freeAt`: when its right ends
   * unless it renews it, which a run that was killed does not. `at`: when it was acquired, by the clock that dates the
   * store's objects, which is the one to judge their ages by.
   */
  acquire(): Promise<
    Result<
      | { readonly acquired: true; readonly owner: string; readonly at: Date }
      | { readonly acquired: false; readonly holder: string; readonly freeAt?: Date }
    >
  >;
  /**
   * Called before every effect. Renews when half of the term is gone, or too little of it is left for the longest work.
   * `lease_lost` when the term has passed or somebody else holds it: the caller must not write anything more.
   */
  ensureHeld(): Promise<Result<void>>;
  /** Safe to call at any time, also after a loss; never throws. */
  release(): Promise<void>;
}
