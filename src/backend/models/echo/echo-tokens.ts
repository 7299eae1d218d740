/**
 * The echo model's tokenizer: words of up to eight letters or digits with the space before them, single signs, the rest
 * of white space.
 */
const tokenPattern = /\s?[\p{L}\p{N}_]{1,8}|\s?[^\s\p{L}\p{N}_]|\s+/gu;

export function splitTokens(text: string): string[] {
  return text.match(tokenPattern) ?? [];
}

export function countTokens(text: string): number {
  return splitTokens(text).length;
}

const words = ['corvus', 'echo', 'one', 'more', 'word', 'to', 'count', 'and', 'pay', 'for'];

/** Text of exactly this many tokens, the same every time. */
export function wordsOfTokens(count: number): string {
  let text = '';
  for (let index = 0; index < count; index += 1)
    text += `${index === 0 ? '' : ' '}${words[index % words.length] ?? ''}`;
  return text;
}
