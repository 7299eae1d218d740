import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { DatabaseDamage } from './database-damage.ts';

const headerBytes = 100;
const magic = 'SQLite format 3\0';
const walHeaderBytes = 32;
const frameHeaderBytes = 24;
/** The last bit gives the byte order of checksums. */
const walMagic = 0x377f0682;
const indexHeaderBytes = 48;
/**
 * A power cut may lose single sectors written after the last sync, but not break a place before so many whole
 * transactions in a row.
 */
const commitsThatProve = 3;

/**
 * Checks a database's files before SQLite opens them, for damage that SQLite would take for an empty database, and
 * overwrite, or for the end of its log: an empty file beside a log with data, a file of another format, a log that is
 * broken before its end. Throws `DatabaseDamage`.
 */
export function checkSqliteFiles(path: string): void {
  const wal = `${path}-wal`;
  const walSize = existsSync(wal) ? statSync(wal).size : 0;
  if (!existsSync(path) || statSync(path).size === 0) {
    if (walSize > walHeaderBytes)
      throw new DatabaseDamage(path, `the file is empty or gone, while ${wal} holds what was written last`);
    return;
  }
  // A folder or a socket: SQLite itself reports that it cannot open that.
  if (!statSync(path).isFile()) return;
  const header = readPart(path, 0, headerBytes);
  if (header.length < headerBytes || header.toString('latin1', 0, magic.length) !== magic) {
    throw new DatabaseDamage(path, 'it does not begin as a SQLite database does');
  }
  if (walSize > walHeaderBytes) checkLog(path, wal);
}

/**
 * SQLite takes the first broken frame of a log for its end and drops the rest. After a power cut that is right: only
 * frames that were never acknowledged are broken. It is damage in two cases: the log's index, which is written after
 * the disk has the frames it counts, counts more of them; or whole transactions follow the broken place, because each
 * began after the one before had reached the disk.
 */
function checkLog(path: string, wal: string): void {
  const knownFrames = framesKnown(path);
  const header = readPart(wal, 0, walHeaderBytes);
  const seed = seedOf(header);
  const finding = seed === null ? findingOfHeader(path, wal) : findingOfFrames(wal, header, seed, knownFrames);
  // Another process, such as the service beside a verification, may have restarted the log meanwhile.
  if (finding !== null && readPart(wal, 0, walHeaderBytes).equals(header)) throw new DatabaseDamage(path, finding);
}

function findingOfHeader(path: string, wal: string): string | null {
  return isWrittenBack(path, wal) ? null : `the header of its log ${wal} is broken`;
}

function findingOfFrames(wal: string, header: Buffer, seed: Sums, { salt, count }: KnownFrames): string | null {
  let whole = 0;
  let isBroken = false;
  let commitsSinceBreak = 0;
  for (const { isRight, isCommit } of frames(wal, header, seed)) {
    isBroken ||= !isRight;
    if (!isBroken) whole += 1;
    else if (!isRight) commitsSinceBreak = 0;
    else if (isCommit) commitsSinceBreak += 1;
    if (commitsSinceBreak >= commitsThatProve) return `its log ${wal} is broken before its end`;
  }
  const knowsMore = salt.equals(header.subarray(16, 24)) && count > whole;
  return knowsMore ? `its log ${wal} has ${whole} of ${count} pages that were written to it` : null;
}

interface KnownFrames {
  /** Of the log that it counts frames of. */
  salt: Buffer;
  count: number;
}

/** How many frames the log's index counts; zero where there is no index or it is damaged itself. */
function framesKnown(path: string): KnownFrames {
  const shm = `${path}-shm`;
  const copies = existsSync(shm) ? readPart(shm, 0, 2 * indexHeaderBytes) : Buffer.alloc(0);
  const header = copies.subarray(0, indexHeaderBytes);
  const isWhole = copies.length === 2 * indexHeaderBytes && header.equals(copies.subarray(indexHeaderBytes));
  if (!isWhole) return { salt: Buffer.alloc(0), count: 0 };
  const [one, two] = checksum(header.subarray(0, 40), [0, 0], false);
  const isRight = one === header.readUInt32LE(40) && two === header.readUInt32LE(44) && header.readUInt32LE(16) > 0;
  return isRight
    ? { salt: header.subarray(32, 40), count: header.readUInt32LE(16) }
    : { salt: Buffer.alloc(0), count: 0 };
}

/** The seed of the frames' checksums; null where the header is damaged. */
function seedOf(header: Buffer): Sums | null {
  const seed = checksum(header.subarray(0, 24), [0, 0], isBigEndian(header));
  const isRight =
    (header.readUInt32BE(0) & ~1) >>> 0 === walMagic &&
    seed[0] === header.readUInt32BE(24) &&
    seed[1] === header.readUInt32BE(28);
  return isRight ? seed : null;
}

function isBigEndian(header: Buffer): boolean {
  return (header.readUInt32BE(0) & 1) === 1;
}

interface Frame {
  isRight: boolean;
  isCommit: boolean;
}

/** The frames of a log, each checked with the checksum of the one before. */
function* frames(wal: string, header: Buffer, seed: Sums): Generator<Frame> {
  const frameBytes = frameHeaderBytes + pageSizeOf(header.readUInt32BE(8));
  const count = Math.floor((statSync(wal).size - walHeaderBytes) / frameBytes);
  const file = openSync(wal, 'r');
  try {
    const frame = Buffer.alloc(frameBytes);
    let sums = seed;
    for (let index = 0; index < count; index += 1) {
      readSync(file, frame, 0, frameBytes, walHeaderBytes + index * frameBytes);
      const before = checksum(frame.subarray(0, 8), sums, isBigEndian(header));
      const counted = checksum(frame.subarray(frameHeaderBytes), before, isBigEndian(header));
      sums = [frame.readUInt32BE(16), frame.readUInt32BE(20)];
      const hasOwnSalt = frame.compare(header, 16, 24, 8, 16) === 0;
      yield {
        isRight: hasOwnSalt && counted[0] === sums[0] && counted[1] === sums[1],
        isCommit: frame.readUInt32BE(4) !== 0,
      };
    }
  } finally {
    closeSync(file);
  }
}

/** After a power cut while the log was being restarted, everything in it is in the database already. */
function isWrittenBack(path: string, wal: string): boolean {
  const pageSize = pageSizeOf(readPart(path, 0, headerBytes).readUInt16BE(16));
  const frameBytes = frameHeaderBytes + pageSize;
  const count = Math.floor((statSync(wal).size - walHeaderBytes) / frameBytes);
  const newest = new Map<number, number>();
  for (let index = 0; index < count; index += 1) {
    const at = walHeaderBytes + index * frameBytes;
    newest.set(readPart(wal, at, 4).readUInt32BE(0), at);
  }
  return [...newest].every(([page, at]) =>
    readPart(path, (page - 1) * pageSize, pageSize).equals(readPart(wal, at + frameHeaderBytes, pageSize)),
  );
}

/** The header's code for 65,536. */
function pageSizeOf(stated: number): number {
  return stated === 1 ? 65_536 : Math.min(Math.max(stated, 512), 65_536);
}

type Sums = readonly [number, number];

/** The checksum of SQLite's log: words in pairs, each sum fed by the other. */
function checksum(bytes: Buffer, seed: Sums, isBigEndian: boolean): Sums {
  let [one, two] = seed;
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    one = (one + two + (isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at))) >>> 0;
    two = (two + one + (isBigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4))) >>> 0;
  }
  return [one, two];
}

/** At most so many bytes from an offset; fewer at the end of the file. */
function readPart(path: string, at: number, length: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const part = Buffer.alloc(length);
    return part.subarray(0, readSync(file, part, 0, length, Math.max(at, 0)));
  } finally {
    closeSync(file);
  }
}
