import { write, writeSync } from 'node:fs';

const mostWaitingCharacters = 1024 * 1024;

export interface LogFile {
  write(line: string): void;
  /** Writes at once what still waits. */
  flush(): void;
}

/**
 * Appends lines to an open file, or a pipe, without making anybody wait. A line that the disk does not take is dropped: a log must
 * never be what stops the program, least of all when the disk is full and the program is needed to say so.
 */
export function logFile(fd: number): LogFile {
  let waiting = '';
  /** What the system has not taken yet of what it was given: a pipe may take a part. */
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
        // Nowhere left to say so.
      }
    },
  };
}
