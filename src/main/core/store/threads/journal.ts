import { closeSync, openSync, readdirSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Clock, Logger } from '#shared/ports.ts';

/** A file is full at this size, and the next one begins. */
const fullBytes = 1024 * 1024;
/** How soon a disk that could not be written is tried again. */
const retryMs = 1_000;
const privateMode = 0o600;

/** One file of the journal. It is deleted when it is full and the database has all that is in it. */
interface JournalFile {
  path: string;
  descriptor: number;
  bytes: number;
  /** Records that the database does not have yet. */
  waiting: number;
  isFull: boolean;
}

/** Where a record is until the database has it. */
export interface JournalPlace {
  /** The database has the record. */
  release(): void;
}

export interface JournalDeps {
  databasePath: string;
  clock: Clock;
  logger: Logger;
}

/**
 * Records of requests beside the database, on their way into it. A record costs one small write, and from then on it
 * survives the end of this process, however it ends. A power cut can take what the system has not written to the disk
 * yet; the database, which is at most a moment behind, is safe from that.
 */
export class Journal {
  readonly #deps: JournalDeps;
  #current: JournalFile | null = null;
  /** Of the newest file: the time at which it began, so that no two processes ever use the same name. */
  #number = 0;
  /** The disk failed then; null: it works. */
  #failedAtMs: number | null = null;

  constructor(deps: JournalDeps) {
    this.#deps = deps;
  }

  /** Appends a record. Returns null if the disk refuses it: then only the database can save it. */
  append(line: string): JournalPlace | null {
    try {
      const file = this.#writable();
      if (!file) return null;
      const text = `${line}\n`;
      const bytes = Buffer.byteLength(text);
      // What is written in part is a torn line, and nothing may follow it.
      if (writeSync(file.descriptor, text) < bytes) throw new Error('the disk is full');
      file.bytes += bytes;
      file.waiting += 1;
      this.#noteSuccess();
      return { release: () => this.#release(file) };
    } catch (error) {
      this.#noteFailure(error);
      if (this.#current) this.#end(this.#current);
      return null;
    }
  }

  /** The next record begins another file: this one is deleted as soon as the database has all that is in it. */
  endFile(): void {
    if (this.#current) this.#end(this.#current);
  }

  #writable(): JournalFile | null {
    if (this.#current && this.#current.bytes >= fullBytes) this.#end(this.#current);
    const isTooSoon = this.#failedAtMs !== null && this.#deps.clock.nowMs() < this.#failedAtMs + retryMs;
    if (!this.#current && !isTooSoon) this.#current = this.#begin();
    return this.#current;
  }

  #begin(): JournalFile {
    this.#number = Math.max(this.#number + 1, this.#deps.clock.nowMs());
    const path = `${this.#deps.databasePath}${mark}${this.#number}`;
    return { path, descriptor: openSync(path, 'ax', privateMode), bytes: 0, waiting: 0, isFull: false };
  }

  #end(file: JournalFile): void {
    this.#current = null;
    file.isFull = true;
    closeSync(file.descriptor);
    if (file.waiting === 0) this.#delete(file);
  }

  #release(file: JournalFile): void {
    file.waiting -= 1;
    if (file.isFull && file.waiting === 0) this.#delete(file);
  }

  #delete({ path }: JournalFile): void {
    try {
      unlinkSync(path);
    } catch (error) {
      // The next start replays it without effect, and deletes it.
      this.#deps.logger.warn('store.journal-left', { path, message: String(error) });
    }
  }

  #noteFailure(error: unknown): void {
    if (this.#failedAtMs === null) this.#deps.logger.error('store.journal-failed', { message: String(error) });
    this.#failedAtMs = this.#deps.clock.nowMs();
  }

  #noteSuccess(): void {
    if (this.#failedAtMs !== null) this.#deps.logger.info('store.journal-recovered');
    this.#failedAtMs = null;
  }
}

const mark = '-journal-';

/** The files of a database's journal, oldest first. */
export function journalFiles(databasePath: string): string[] {
  const start = `${basename(databasePath)}${mark}`;
  const names = readdirSync(dirname(databasePath)).filter(
    (name) => name.startsWith(start) && /^\d{1,15}$/.test(name.slice(start.length)),
  );
  return names.map((name) => join(dirname(databasePath), name)).sort((one, other) => numberOf(one) - numberOf(other));
}

function numberOf(path: string): number {
  return Number(path.slice(path.lastIndexOf('-') + 1));
}
