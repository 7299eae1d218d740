import { existsSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const memory = '/dev/shm';
/** What all databases of a run take at the most, with room for others on the machine. */
const enoughBytes = 4 * 1024 ** 3;

/**
 * Where tests keep databases and home folders. In memory where the machine has enough of it: the programs sync each
 * commit to the disk as ever, and a shared machine's disk answers that in 20 ms at times.
 */
export const testFolder = hasRoom() ? memory : tmpdir();

function hasRoom(): boolean {
  if (process.env['TMPDIR'] !== undefined || !existsSync(memory)) return false;
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize >= enoughBytes;
}
