/** An amount as people type it: "$1,250" is "1250". Left unchecked. */
export function dollarsOf(typed: string): string {
  return typed
    .trim()
    .replace(/^\$\s*/, '')
    .replaceAll(',', '');
}
