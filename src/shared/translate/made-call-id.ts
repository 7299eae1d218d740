import { asText } from '../dialects/json-value.ts';

/** An answer's id as a part of other ids; null: it has none. */
export function idPart(answerId: unknown): string | null {
  return asText(answerId)?.replaceAll(/[^\w-]/g, '') ?? null;
}

/** The id of a call whose server gives none: it must be unique within a conversation. */
export function madeCallId(answerId: string | null, index: number): string {
  return `call_${answerId ?? ''}_${index}`;
}
