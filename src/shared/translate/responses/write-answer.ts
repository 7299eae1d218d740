import type { JsonObject } from '../../dialects/json-value.ts';
import type { Answer, AnswerBlock, AnswerEvent, AnswerWriter, Ending } from '../answer.ts';
import { type OpenBlock, sequenceBlocks } from '../sequence-blocks.ts';
import { groupedName } from './namespaces.ts';
import type { ReplyContext } from '../translation.ts';
import { responsesUsage } from '../usage.ts';

/** A response. */
export function writeResponsesReply({ model, blocks, ending }: Answer, context: ReplyContext): JsonObject {
  return { ...envelope(model, context), ...outcome(ending), output: outputOf(blocks, context) };
}

/** Responses events: one item after the other, with consecutive numbers, and exactly one event that ends it. */
export function createResponsesAnswerWriter(context: ReplyContext): AnswerWriter {
  let model: string | null = null;
  let hasStarted = false;
  let sequenceNumber = 0;

  const line = (type: string, members: JsonObject): string => {
    const data = { type, sequence_number: sequenceNumber, ...members };
    sequenceNumber += 1;
    return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
  };

  const sequence = sequenceBlocks({
    open(block) {
      const added = line('response.output_item.added', {
        output_index: block.index,
        item: itemOf(block, '', 'in_progress', context),
      });
      return added + contentEvent('added', block, '', line, context);
    },
    delta: (block, text) =>
      line(`response.${eventNames[kindOf(block)]}.delta`, { ...placeOf(block, context), delta: text }),
    close(block, whole) {
      const kind = kindOf(block);
      const place = placeOf(block, context);
      const said = line(`response.${eventNames[kind]}.done`, { ...place, [wholeMembers[kind]]: whole });
      const content = contentEvent('done', block, whole, line, context);
      const item = itemOf(block, whole, 'completed', context);
      return said + content + line('response.output_item.done', { output_index: block.index, item });
    },
  });

  function start(): string {
    if (hasStarted) return '';
    hasStarted = true;
    const response = { ...envelope(model, context), status: 'in_progress', output: [], usage: null };
    return line('response.created', { response }) + line('response.in_progress', { response });
  }

  function end(ending: Ending): string {
    const rest = sequence.closeAll();
    const { status, ...end } = outcome(ending);
    const response = { ...envelope(model, context), status, ...end, output: outputOf(sequence.blocks(), context) };
    return rest + line(`response.${status}`, { response });
  }

  function take(event: AnswerEvent): string {
    if (event.kind === 'start') model = event.model;
    const opening = start();
    if (event.kind === 'end') return opening + end(event.ending);
    return opening + sequence.take(event);
  }

  return { take };
}

type BlockKind = 'text' | 'refusal' | 'reasoning' | 'function' | 'custom';

const eventNames: Readonly<Record<BlockKind, string>> = {
  text: 'output_text',
  refusal: 'refusal',
  reasoning: 'reasoning_summary_text',
  function: 'function_call_arguments',
  custom: 'custom_tool_call_input',
};
/** The name of a block in the event that repeats it as a whole. */
const wholeMembers: Readonly<Record<BlockKind, string>> = {
  text: 'text',
  refusal: 'refusal',
  reasoning: 'text',
  function: 'arguments',
  custom: 'input',
};

function kindOf(block: OpenBlock): BlockKind {
  return block.kind === 'call' ? (block.isCustom ? 'custom' : 'function') : block.kind;
}

/** The position of a piece. Only what is inside a message or a summary also has a position inside its item. */
function placeOf(block: OpenBlock, context: ReplyContext): JsonObject {
  const place = { item_id: itemId(block, context), output_index: block.index };
  if (block.kind === 'call') return place;
  if (block.kind === 'reasoning') return { ...place, summary_index: 0 };
  return { ...place, content_index: 0, ...(block.kind === 'text' ? { logprobs: [] } : {}) };
}

function contentEvent(
  moment: 'added' | 'done',
  block: OpenBlock,
  text: string,
  line: (type: string, members: JsonObject) => string,
  context: ReplyContext,
): string {
  const place = { item_id: itemId(block, context), output_index: block.index };
  if (block.kind === 'call') return '';
  if (block.kind === 'reasoning')
    return line(`response.reasoning_summary_part.${moment}`, {
      ...place,
      summary_index: 0,
      part: { type: 'summary_text', text },
    });
  return line(`response.content_part.${moment}`, { ...place, content_index: 0, part: contentOf(block.kind, text) });
}

function contentOf(kind: 'text' | 'refusal', text: string): JsonObject {
  return kind === 'text'
    ? { type: 'output_text', text, annotations: [], logprobs: [] }
    : { type: 'refusal', refusal: text };
}

function outputOf(blocks: readonly AnswerBlock[], context: ReplyContext): JsonObject[] {
  return blocks.map((block, index) => {
    const whole = block.kind === 'call' ? block.arguments : block.text;
    return itemOf({ ...block, index }, whole, 'completed', context);
  });
}

function itemOf(
  block: OpenBlock,
  whole: string,
  status: 'in_progress' | 'completed',
  context: ReplyContext,
): JsonObject {
  const id = itemId(block, context);
  if (block.kind === 'call') {
    const { id: callId } = block;
    const named = groupedName(block.name, context.request);
    if (block.isCustom) return { id, type: 'custom_tool_call', status, call_id: callId, ...named, input: whole };
    return { id, type: 'function_call', status, call_id: callId, ...named, arguments: whole };
  }
  const isEmpty = status === 'in_progress';
  if (block.kind === 'reasoning')
    return { id, type: 'reasoning', summary: isEmpty ? [] : [{ type: 'summary_text', text: whole }] };
  return { id, type: 'message', status, role: 'assistant', content: isEmpty ? [] : [contentOf(block.kind, whole)] };
}

const idPrefixes = { text: 'msg', refusal: 'msg', reasoning: 'rs', call: 'fc' } as const;

function itemId(block: OpenBlock, { requestId }: ReplyContext): string {
  return `${idPrefixes[block.kind]}_${requestId}_${block.index}`;
}

function outcome({ stop, usage }: Ending) {
  const reason =
    stop === 'length' ? 'max_output_tokens' : stop === 'filtered' || stop === 'refused' ? 'content_filter' : null;
  return {
    status: reason === null ? 'completed' : 'incomplete',
    incomplete_details: reason === null ? null : { reason },
    usage: usage && responsesUsage(usage),
  };
}

/** The request's options, repeated as the Responses API does, and that nothing is stored. */
function envelope(model: string | null, { request, requestId, createdSeconds }: ReplyContext): JsonObject {
  return {
    id: `resp_${requestId}`,
    object: 'response',
    created_at: createdSeconds,
    model: model ?? request['model'],
    error: null,
    incomplete_details: null,
    instructions: request['instructions'] ?? null,
    max_output_tokens: request['max_output_tokens'] ?? null,
    metadata: request['metadata'] ?? {},
    parallel_tool_calls: request['parallel_tool_calls'] ?? true,
    previous_response_id: null,
    reasoning: request['reasoning'] ?? { effort: null, summary: null },
    store: false,
    temperature: request['temperature'] ?? null,
    text: request['text'] ?? { format: { type: 'text' } },
    tool_choice: request['tool_choice'] ?? 'auto',
    tools: request['tools'] ?? [],
    top_p: request['top_p'] ?? null,
    truncation: 'disabled',
  };
}
