/**
 * Shortens texts to the length a dialect allows, so that different ones stay different and equal ones equal, in every
 * turn of a conversation: calls and results find each other by their ids, and a prompt cache holds only for the same
 * bytes.
 */
export function shortened(text: string, mostCharacters: number): string {
  return text.length <= mostCharacters ? text : marked(text, text, mostCharacters);
}

/** A tool's name in the letters and the length that a dialect takes. */
export function legalName(name: string, mostCharacters: number): string {
  const legal = name.replaceAll(/[^\w-]/g, '_');
  return legal === name ? shortened(name, mostCharacters) : marked(legal, name, mostCharacters);
}

function marked(text: string, whole: string, mostCharacters: number): string {
  const mark = `_${digest(whole)}`;
  return `${text.slice(0, mostCharacters - mark.length)}${mark}`;
}

/** 64 bits of FNV-1a: enough to distinguish the names of one request. Not for secrets. */
function digest(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(36).padStart(13, '0');
}
