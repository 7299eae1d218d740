import type { Answer, AnswerEvent, Ending } from './answer.ts';
import { sequenceBlocks } from './sequence-blocks.ts';

const silent = { open: () => '', delta: () => '', close: () => '' };
const unended: Ending = { stop: 'end', stopSequence: null, usage: null };

/** Puts the pieces of an answer together. */
export function wholeAnswer(events: readonly AnswerEvent[]): Answer {
  const sequence = sequenceBlocks(silent);
  let model: string | null = null;
  let ending = unended;
  for (const event of events) {
    if (event.kind === 'start') model = event.model;
    if (event.kind === 'end') ending = event.ending;
    sequence.take(event);
  }
  sequence.closeAll();
  return { model, blocks: sequence.blocks(), ending };
}
