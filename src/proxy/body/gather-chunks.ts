/** Keeping shorter chunks costs more than copying them. */
const shortBytes = 1024;
const blockBytes = 16 * 1024;
/** This many chunks are kept as they come, short or not: nearly all bodies have no more. */
const keptAsTheyCome = 16;

export interface ChunkGatherer {
  add(chunk: Buffer): void;
  /** All bytes so far, in order. */
  readonly pieces: readonly Buffer[];
}

/**
 * Collects what arrives until it is whole. A body that comes byte by byte would be millions of objects, a hundred times
 * its size, so short chunks are copied together.
 */
export function createChunkGatherer(): ChunkGatherer {
  const pieces: Buffer[] = [];
  let block = Buffer.alloc(0);
  let used = 0;
  /** The last piece is the part of the block up to `used`, and may grow. */
  let grownFrom: number | null = null;

  return {
    pieces,
    add(chunk) {
      if (chunk.length >= shortBytes || pieces.length < keptAsTheyCome) {
        pieces.push(chunk);
        grownFrom = null;
        return;
      }
      if (used + chunk.length > block.length) {
        block = Buffer.allocUnsafe(blockBytes);
        used = 0;
        grownFrom = null;
      }
      const start = grownFrom ?? used;
      chunk.copy(block, used);
      used += chunk.length;
      const piece = block.subarray(start, used);
      if (grownFrom === null) pieces.push(piece);
      else pieces[pieces.length - 1] = piece;
      grownFrom = start;
    },
  };
}
