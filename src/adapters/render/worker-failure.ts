/** An outcome of a worker's operation that the caller must tell apart; everything else it throws becomes `render_failed`. */
export type WorkerFailureCode = 'download_invalid' | 'video_invalid' | 'too_large' | 'render_failed';

/** Thrown inside the worker process and turned into an answer at its edge. */
export class WorkerFailure extends Error {
  override readonly name = 'WorkerFailure';
  readonly code: WorkerFailureCode;

  constructor(code: WorkerFailureCode, message: string) {
    super(message);
    this.code = code;
  }
}
