import { createBlockIndex } from './block-index.ts';
import { asArray, asObject, type JsonObject } from './json-value.ts';
import { type OutputMeter, type ReplyShape, sizeOf, sizeOfReply } from './output-size.ts';
import { createSaidSoFar } from './said-so-far.ts';

export const messagesShape: ReplyShape = {
  roots: new Set(['content']),
  framing: new Set([
    'id',
    'tool_use_id',
    'file_id',
    'type',
    'role',
    'model',
    'stop_reason',
    'stop_sequence',
    'stop_details',
    'container',
    'caller',
    'context_management',
    'media_type',
    'usage',
    'error',
    'signature',
    // Pages and outputs of a tool, sealed for the next request: the model reads them, it does not write them.
    'encrypted_content',
    'encrypted_index',
    'encrypted_stdout',
  ]),
};

/** Events of Messages: blocks that begin with the known part and continue in pieces. */
export function createMessagesMeter(): OutputMeter {
  const said = createSaidSoFar();
  const indexOf = createBlockIndex();
  return {
    take(event) {
      const { message, delta, content_block: block } = event;
      // Some servers send the whole answer at the start.
      if (typeof message === 'object' && message !== null) return said.raiseAll(sizeOfMessage(message as JsonObject));
      const piece = asObject(delta ?? block) ?? event;
      const blockIndex = indexOf(event);
      const size = sizeOf(piece, messagesShape.framing);
      const added = size === 0 ? 0 : said.add(blockIndex, 0, size);
      const sealed = sizeOfSeal(piece);
      return sealed === 0 ? added : added + said.raiseItem(blockIndex, sealed);
    },
  };
}

/** A sealed thought stands beside the same thought in words, or replaces it; then only its size is known. */
function sizeOfSeal({ signature }: JsonObject): number {
  return typeof signature === 'string' ? signature.length : 0;
}

/** A whole message. */
export function sizeOfMessage(message: JsonObject): number {
  let size = 0;
  for (const value of asArray(message['content'])) {
    const block = asObject(value);
    size += block
      ? Math.max(sizeOf(block, messagesShape.framing, 'content'), sizeOfSeal(block))
      : sizeOf(value, messagesShape.framing);
  }
  return typeof message['content'] === 'string' ? sizeOfReply(message, messagesShape) : size;
}
