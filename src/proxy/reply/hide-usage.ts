import { asObject } from '#shared/dialects/json-value.ts';
import { readSseData } from '#shared/dialects/sse.ts';
import { findMember } from '../body/find-member.ts';

/** False only of an event that was read and has no such member: nearly all of them. */
export function mayReportUsage(value: unknown): boolean {
  const event = asObject(value);
  return event === null || 'usage' in event;
}

const nullMember = /,\s*"usage"\s*:\s*null$/;
const longestNullMember = 64;

/**
 * A stream's event as it would be if usage had not been requested: the chunk that only reports usage is left out
 * (null), and the `"usage":null` that every other chunk then carries is cut out. All other bytes are unchanged.
 */
export function withoutInjectedUsage(event: Buffer, isUsageOnly: (data: string) => boolean): Buffer | null {
  if (!event.includes('"usage"') || !event.includes('"choices"')) return event;
  if (isUsageOnly(readSseData(event))) return null;
  return withoutNullUsage(event);
}

function withoutNullUsage(event: Buffer): Buffer {
  const start = event.indexOf('{');
  const end = event.lastIndexOf('}') + 1;
  if (start === -1 || end <= start) return event;
  const json = event.subarray(start, end);
  const valueEnd = findMember(json, 'usage')?.end;
  if (valueEnd === undefined) return event;
  const before = json.toString('latin1', Math.max(0, valueEnd - longestNullMember), valueEnd);
  const member = nullMember.exec(before)?.[0];
  if (member === undefined) return event;
  return Buffer.concat([event.subarray(0, start + valueEnd - member.length), event.subarray(start + valueEnd)]);
}
