/**
 * An amount as people type it: "$1,250.50" is "1250.50". Left unchecked. A comma that does not part thousands stays, so
 * that "5,00" is no amount instead of five hundred dollars.
 */
export function typedDollars(typed: string): string {
  const text = typed.trim().replace(/^\$\s*/, '');
  return /^[1-9]\d{0,2}(,\d{3})+(\.|$)/.test(text) ? text.replaceAll(',', '') : text;
}
