/** The encodings of OpenAI's models, under the names that their maker gave them. */
export type Tokenizer = 'o200k_base' | 'cl100k_base';

/** Older models. Those that came later have the newer encoding, as their maker's own list of prefixes says. */
const older = /^(gpt-4(?![.o\d])|gpt-3\.5|text-embedding-)/;
const newer = /^(gpt-|chatgpt-|chat-latest|codex-|o[134](-|$))/;

/** The tokenizer that a model counts with; null: no package here has it. */
export function tokenizerOf(model: string): Tokenizer | null {
  const name = model.toLowerCase().replace(/^openai\//, '');
  if (older.test(name)) return 'cl100k_base';
  return newer.test(name) ? 'o200k_base' : null;
}
