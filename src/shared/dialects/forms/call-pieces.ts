import { parseExactJson } from '../json-value.ts';

/** A piece of a tool call in a chat stream, or what has come of the call. */
export interface CallPiece {
  id: string | null;
  name: string | null;
  /** Of its arguments, or of the bare text of a custom tool. */
  text: string;
}

/**
 * Whether a piece belongs to the call that its index names. Some servers give every call the index 0, or none, and some
 * no id: then another id is another call, and so is a name after arguments that are whole. Others repeat the name in
 * every piece.
 */
export function continuesCall(known: CallPiece, { id, name, text }: CallPiece): boolean {
  if (id !== null && known.id !== null) return id === known.id;
  if (name === null || known.name === null) return true;
  if (parseExactJson(known.text) === undefined) return name === known.name;
  return name === known.name && text === '';
}
