import { write, writeSync } from 'node:fs';

const mostWaitingCharacters = 1024 * 1024;

export interface LogFile {
  write(line: string): void;
  /** Writes at once what still waits. */
  flush(): void;
}

/**
 * Appends lines to an open file without making anybody wait. A line that the disk does not take is dropped: a log must
 * never be what stops the program, least of all when the disk is full and the program is needed to say so.
 */
export function logFile(fd: number): LogFile {
  let waiting = '';
  let isWriting = false;

  function take(): string {
    const text = waiting;
    waiting = '';
    return text;
  }

  function writeNext(): void {
    if (isWriting || waiting === '') return;
    isWriting = true;
    write(fd, take(), () => {
      isWriting = false;
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
