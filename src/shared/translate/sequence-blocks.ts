import type { AnswerBlock, AnswerEvent } from './answer.ts';

/** A block of an answer, and its position. */
export type OpenBlock =
  | { kind: 'text' | 'refusal' | 'reasoning'; index: number }
  | { kind: 'call'; index: number; id: string; name: string; isCustom: boolean };

/** What a dialect writes when a block begins, grows and ends. */
export interface BlockWriter {
  open(block: OpenBlock): string;
  delta(block: OpenBlock, text: string): string;
  /** @param whole all text of the block */
  close(block: OpenBlock, whole: string): string;
}

export interface BlockSequence {
  take(event: AnswerEvent): string;
  /** Ends every block that is still open. */
  closeAll(): string;
  /** All blocks so far, in order. */
  blocks(): AnswerBlock[];
}

interface Stored {
  block: OpenBlock;
  /** The upstream's number of a call; null for text. */
  callIndex: number | null;
  whole: string;
  /** How much of `whole` is written. */
  written: number;
  isOpen: boolean;
  isEnded: boolean;
}

/**
 * Puts the pieces of an answer into strictly consecutive blocks. Where an upstream interleaves the arguments of several
 * calls, later calls are kept back until the earlier call has ended.
 */
export function sequenceBlocks(writer: BlockWriter): BlockSequence {
  const all: Stored[] = [];
  let live = 0;

  /** Writes as far as blocks are in order. */
  function advance(): string {
    let text = '';
    for (let stored = all[live]; stored; stored = all[live]) {
      if (!stored.isOpen) text += writer.open(stored.block);
      stored.isOpen = true;
      const fresh = stored.whole.slice(stored.written);
      if (fresh !== '') text += writer.delta(stored.block, fresh);
      stored.written = stored.whole.length;
      if (!stored.isEnded) break;
      text += writer.close(stored.block, stored.whole);
      live += 1;
    }
    return text;
  }

  return {
    take(event) {
      keep(all, event);
      return advance();
    },
    closeAll() {
      for (const stored of all) stored.isEnded = true;
      return advance();
    },
    blocks: () => all.map(({ block, whole }) => blockOf(block, whole)),
  };
}

/** Puts a piece where it belongs: text at the end, arguments to their call. */
function keep(all: Stored[], event: AnswerEvent): void {
  switch (event.kind) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      if (event.text !== '') textBlock(all, event.kind).whole += event.text;
      return;
    case 'break':
      return endText(all);
    case 'call': {
      endText(all);
      const { id, name, isCustom } = event;
      add(all, { kind: 'call', index: all.length, id, name, isCustom }, event.index);
      return;
    }
    case 'arguments':
    case 'call-end': {
      const call = all.find(({ callIndex }) => callIndex === event.index);
      if (call && event.kind === 'arguments') call.whole += event.text;
      else if (call) call.isEnded = true;
      return;
    }
    default:
      return;
  }
}

function textBlock(all: Stored[], kind: 'text' | 'refusal' | 'reasoning'): Stored {
  const last = all.at(-1);
  if (last && last.block.kind === kind && !last.isEnded) return last;
  endText(all);
  return add(all, { kind, index: all.length }, null);
}

function endText(all: Stored[]): void {
  const last = all.at(-1);
  if (last && last.callIndex === null) last.isEnded = true;
}

function add(all: Stored[], block: OpenBlock, callIndex: number | null): Stored {
  const stored = { block, callIndex, whole: '', written: 0, isOpen: false, isEnded: false };
  all.push(stored);
  return stored;
}

function blockOf(block: OpenBlock, whole: string): AnswerBlock {
  if (block.kind !== 'call') return { kind: block.kind, text: whole };
  return { kind: 'call', id: block.id, name: block.name, arguments: whole, isCustom: block.isCustom };
}
