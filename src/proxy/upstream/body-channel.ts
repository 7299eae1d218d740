import { CorvusError } from '#shared/errors.ts';

/** A response body between its source, which pushes, and its reader, which may come later. */
export class BodyChannel {
  #onChunk: ((chunk: Buffer) => void) | null = null;
  #early: Buffer[] = [];
  readonly #end = Promise.withResolvers<void>();
  isEnded = false;

  constructor() {
    // An end without a reader is no fault.
    this.#end.promise.catch(() => {});
  }

  push(chunk: Buffer): void {
    if (this.#onChunk) this.#onChunk(chunk);
    else this.#early.push(chunk);
  }

  end(error: Error | null): void {
    this.isEnded = true;
    if (error) this.#end.reject(error instanceof CorvusError ? error : new CorvusError('upstream_interrupted', undefined, {}, error));
    else this.#end.resolve();
  }

  read(onChunk: (chunk: Buffer) => void): Promise<void> {
    for (const chunk of this.#early.splice(0)) onChunk(chunk);
    this.#onChunk = onChunk;
    return this.#end.promise;
  }
}
