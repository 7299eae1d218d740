import { createItemIndex } from './item-index.ts';
import { asCount, asObject, type JsonObject } from './json-value.ts';
import { type OutputMeter, type ReplyShape, sizeOf, sizeOfMedia, sizeOfReply } from './output-size.ts';
import { createSaidSoFar } from './said-so-far.ts';

export const responsesShape: ReplyShape = {
  roots: new Set(['output']),
  itemsIn: 'output',
  framing: new Set([
    'id',
    'item_id',
    'call_id',
    'response_id',
    'container_id',
    'file_id',
    'approval_request_id',
    'type',
    'object',
    'role',
    'status',
    'phase',
    'model',
    'created_by',
    'server_label',
    'namespace',
    'mime_type',
    'media_type',
    // The tokens of the text again, one by one.
    'logprobs',
    // Padding that hides the length of events.
    'obfuscation',
    // What a server of tools offers: the model reads it.
    'tools',
    'usage',
    'error',
    // The request again; its output members are measured separately.
    'response',
  ]),
};

/** Members with sound, which is not text. */
const audioType = /\.audio\.delta$/;
/** Events that repeat as a whole what came in pieces, if any came. Everything else is new. */
const wholeType = /\.(done|completed)$/;

/** Events of the Responses API: pieces, then each part, each item and the response whole. */
export function createResponsesMeter(): OutputMeter {
  const said = createSaidSoFar();
  const indexOf = createItemIndex();
  return {
    take(event) {
      const type = typeof event['type'] === 'string' ? event['type'] : '';
      const response = asObject(event['response']);
      if (response) return said.raiseAll(sizeOfResponse(response));
      const item = indexOf(event);
      if (type === 'response.output_item.done') return said.raiseItem(item, sizeOf(event, responsesShape.framing));
      const part = partOf(event);
      const size = sizeOfEvent(event, type);
      if (size === 0) return 0;
      return wholeType.test(type) ? said.raisePart(item, part, size) : said.add(item, part, size);
    },
  };
}

function sizeOfEvent(event: JsonObject, type: string): number {
  const { delta } = event;
  if (typeof delta !== 'string') return sizeOf(event, responsesShape.framing);
  return audioType.test(type) ? sizeOfMedia(delta.length) : sizeOf(delta, responsesShape.framing);
}

const summaryParts = 1_000_000;

/** Which part of its item an event belongs to. */
function partOf(event: JsonObject): number {
  const summary = asCount(event['summary_index']);
  if (summary !== null) return summaryParts + summary;
  return asCount(event['content_index']) ?? asCount(event['command_index']) ?? 0;
}

/** A whole response. Some servers send its text beside the items, or instead of them. */
export function sizeOfResponse(response: JsonObject): number {
  return Math.max(sizeOfReply(response, responsesShape), sizeOf(response['output_text'], responsesShape.framing));
}
