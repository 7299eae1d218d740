import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { RunOptions } from './run-app.ts';

/** A disk that can be filled under a running program, and freed again. */
export interface FillableDisk {
  name: string;
  isPossibleHere: boolean;
  /** Whether what was written is still there when the program has ended. */
  lasts: boolean;
  options(home: string): RunOptions;
  fill(pid: number, home: string): void;
  free(pid: number, home: string): void;
}

function succeeds(program: string, ...parameters: string[]): boolean {
  return spawnSync(program, parameters, { stdio: 'ignore' }).status === 0;
}

/** A process with a view of the machine of its own may mount what it likes, and takes it along when it ends. */
export const canMount = succeeds('unshare', '--mount', 'sh', '-c', 'mount -t tmpfs tmpfs /mnt');

function seenFromHere(pid: number, home: string): string {
  return join(`/proc/${pid}/root`, home);
}

/** A small file system, really full. */
const smallDisk: FillableDisk = {
  name: 'a file system without a free block',
  isPossibleHere: canMount,
  lasts: false,
  options: (home) => ({
    home,
    within: ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs -o size=8m,mode=700 tmpfs "$0" && exec "$@"', home],
    homeSeenFromHere: (pid) => seenFromHere(pid, home),
  }),
  fill(pid, home) {
    const file = openSync(join(seenFromHere(pid, home), 'filler'), 'w');
    const block = Buffer.alloc(4096);
    try {
      for (;;) writeSync(file, block);
    } catch {
      // This is what it was for.
    } finally {
      closeSync(file);
    }
  },
  free: (pid, home) => unlinkSync(join(seenFromHere(pid, home), 'filler')),
};

/** A limit on the size of files: the disk refuses in another way, and refuses the log as well. */
const limitedFiles: FillableDisk = {
  name: 'a limit on the size of files',
  isPossibleHere: succeeds('prlimit', '--version'),
  lasts: true,
  options: (home) => ({ home }),
  fill: (pid) => void execFileSync('prlimit', ['--pid', String(pid), '--fsize=64:']),
  free: (pid) => void execFileSync('prlimit', ['--pid', String(pid), '--fsize=unlimited:']),
};

export const fillableDisks = [smallDisk, limitedFiles];
