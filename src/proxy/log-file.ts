import { write, writeSync } from 'node:fs';

const mostWaitingCharacters = 1024 * 1024;

export interface LogFile {
  write(line: string): void;
  /** Writes what is still buffered, at once. */
  flush(): void;
}

/**
 * Appends lines to an open file or pipe without blocking. A line that the disk does not take is dropped: a log must
 * never stop the program, least of all when the disk is full and the program has to report it.
 */
export function logFile(fd: number): LogFile {
  let waiting = '';
  /** The part of the written data that the system has not taken yet: a pipe may take only a part. */
  let given = Buffer.alloc(0);
  let isWriting = false;

  function take(): string {
    const text = waiting;
    waiting = '';
    return text;
  }

  function writeNext(): void {
    if (given.length === 0) given = Buffer.from(take());
    if (isWriting || given.length === 0) return;
    isWriting = true;
    write(fd, given, (error, written) => {
      isWriting = false;
      given = given.subarray(error ? given.length : written);
      writeNext();
    });
  }

  return {
    write(line) {
      if (waiting.length < mostWaitingCharacters) waiting += line;
      writeNext();
    },
    flush() {
      try {
        writeSync(fd, take());
      } catch {
        // There is no other place to report it.
      }
    },
  };
}
