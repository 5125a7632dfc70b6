/** A knock at the door of a sleeping scheduler. Many knocks while nobody looks are one: a flood of them costs one run. */
export class Wake {
  #knocked = new AbortController();

  /** Fires with the next knock; for a sleep that it is to end. */
  get signal(): AbortSignal {
    return this.#knocked.signal;
  }

  knock(): void {
    this.#knocked.abort();
  }

  /** True when somebody knocked since the last call. */
  answer(): boolean {
    const { aborted } = this.#knocked.signal;
    if (aborted) this.#knocked = new AbortController();
    return aborted;
  }

  get waiting(): boolean {
    return this.#knocked.signal.aborted;
  }
}
