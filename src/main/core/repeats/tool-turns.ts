import { hash } from 'node:crypto';
import { asArray, asObject, asText, type JsonObject } from '#shared/dialects/json-value.ts';

/** A call of a tool with its result. */
export interface ToolTurn {
  tool: string;
  /** Of the tool's name, its arguments and the result; ids and cache marks are left out. */
  digest: string;
}

type ToolEvent =
  | { kind: 'call'; id: string | null; tool: string; said: unknown }
  | { kind: 'result'; id: string | null; said: unknown };

/** The calls of tools that have a result, in the order of their results; in any dialect. */
export function toolTurns(items: readonly unknown[]): ToolTurn[] {
  const open: Extract<ToolEvent, { kind: 'call' }>[] = [];
  const turns: ToolTurn[] = [];
  for (const event of items.flatMap((item) => eventsOf(asObject(item)))) {
    if (event.kind === 'call') {
      open.push(event);
      continue;
    }
    // Where nothing names the call, results come in the order of the calls.
    const index = Math.max(0, event.id === null ? 0 : open.findIndex(({ id }) => id === event.id));
    const [call] = open.splice(index, 1);
    if (call)
      turns.push({
        tool: call.tool,
        digest: hash('sha256', JSON.stringify([call.tool, call.said, event.said]), 'base64'),
      });
  }
  return turns;
}

/** Whether the last turn also occurs among the few before it; otherwise no cycle ends there. */
export function mayCycle(turns: readonly ToolTurn[]): boolean {
  const [last, ...before] = turns.toReversed();
  return last !== undefined && before.slice(0, longestCycle).some(({ digest }) => digest === last.digest);
}

/** The shortest cycle that ends the list and is repeated often enough; null: there is none. */
export function endingCycle(
  turns: readonly ToolTurn[],
  leastTimes: number,
): { turns: readonly ToolTurn[]; times: number } | null {
  for (let length = 1; length <= longestCycle; length += 1) {
    let same = 0;
    while (same + length < turns.length && digestAt(turns, same) === digestAt(turns, same + length)) same += 1;
    const times = Math.floor(same / length) + 1;
    if (times >= leastTimes) return { turns: turns.slice(-length), times };
  }
  return null;
}

const longestCycle = 3;

function digestAt(turns: readonly ToolTurn[], fromEnd: number): string | undefined {
  return turns[turns.length - 1 - fromEnd]?.digest;
}

/**
 * Messages have their calls in a list of their own or as parts of the content; items of Responses are the calls
 * themselves.
 */
function eventsOf(item: JsonObject | null): ToolEvent[] {
  if (!item) return [];
  const own = eventOf(item);
  const calls = asArray(item['tool_calls']).flatMap((call) => chatCall(asObject(call)));
  const parts = [...asArray(item['content']), ...asArray(item['parts'])].flatMap(
    (part) => eventOf(asObject(part)) ?? [],
  );
  return [...(own ? [own] : []), ...calls, ...parts];
}

function chatCall(call: JsonObject | null): ToolEvent[] {
  const said = asObject(call?.['function']);
  const tool = asText(said?.['name']);
  return tool === null ? [] : [{ kind: 'call', id: asText(call?.['id']), tool, said: said?.['arguments'] }];
}

function eventOf(item: JsonObject | null): ToolEvent | null {
  if (!item) return null;
  const type = asText(item['type']);
  const tool = asText(item['name']) ?? '';
  if (item['role'] === 'tool')
    return { kind: 'result', id: asText(item['tool_call_id']), said: textOf(item['content']) };
  if (type === 'tool_use') return { kind: 'call', id: asText(item['id']), tool, said: item['input'] };
  if (type === 'tool_result') return { kind: 'result', id: asText(item['tool_use_id']), said: textOf(item['content']) };
  if (type === 'function_call' || type === 'custom_tool_call')
    return { kind: 'call', id: asText(item['call_id']), tool, said: item['arguments'] ?? item['input'] };
  if (type === 'function_call_output' || type === 'custom_tool_call_output')
    return { kind: 'result', id: asText(item['call_id']), said: textOf(item['output']) };
  const [called, answered] = [asObject(item['functionCall']), asObject(item['functionResponse'])];
  if (called)
    return { kind: 'call', id: asText(called['id']), tool: asText(called['name']) ?? '', said: called['args'] };
  return answered ? { kind: 'result', id: asText(answered['id']), said: answered['response'] } : null;
}

/** The texts of a result's parts. Other members, such as a cache mark, change from turn to turn. */
function textOf(content: unknown): unknown {
  return Array.isArray(content)
    ? content.map((part) => asText(asObject(part)?.['text']) ?? asObject(part)?.['source'] ?? part)
    : content;
}
