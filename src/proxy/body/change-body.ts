import { asObject } from '#shared/dialects/json-value.ts';
import { joinInTurns } from '../turns/in-turns.ts';
import type { BodyEdit, JsonSpan } from './json-span.ts';
import type { OutputLimitSpans } from './limit-output.ts';

/** The position of each field in a JSON body that may be changed for an upstream. */
export interface BodySpans extends OutputLimitSpans {
  /** null: the model's name is in the path. */
  model: JsonSpan | null;
  /** null: the body has none. */
  streamOptions: JsonSpan | null;
}

export function namedModel({ model }: BodySpans, name: string): BodyEdit[] {
  return model ? [{ ...model, text: JSON.stringify(name) }] : [];
}

const usageOption = '"include_usage":true';

/** Sets `stream_options.include_usage`. */
export function askedUsage(body: Buffer, { open, streamOptions }: BodySpans): BodyEdit {
  if (!streamOptions) return { start: open, end: open, text: `"stream_options":{${usageOption}},` };
  const current: unknown = JSON.parse(body.toString('utf8', streamOptions.start, streamOptions.end));
  return { ...streamOptions, text: JSON.stringify({ ...asObject(current), include_usage: true }) };
}

/** The same body with these edits; every other byte is unchanged. */
export async function changeBody(body: Buffer, edits: readonly BodyEdit[]): Promise<Buffer> {
  if (edits.length === 0) return body;
  const pieces: Buffer[] = [];
  let at = 0;
  for (const { start, end, text } of edits.toSorted((a, b) => a.start - b.start)) {
    pieces.push(body.subarray(at, start), Buffer.from(text));
    at = end;
  }
  return joinInTurns([...pieces, body.subarray(at)]);
}
