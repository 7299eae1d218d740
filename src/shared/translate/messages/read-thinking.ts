import { asText, type JsonObject } from '../../dialects/json-value.ts';
import type { ModelState } from '../model-state.ts';

/** Collects the signed thinking of a Messages answer. */
export interface ThinkingReader {
  start(index: number, block: JsonObject): void;
  piece(index: number, delta: JsonObject | null): void;
  state(): ModelState | null;
}

export function createThinkingReader(): ThinkingReader {
  const blocks = new Map<number, JsonObject>();
  return {
    start(index, block) {
      if (block['type'] === 'thinking' || block['type'] === 'redacted_thinking') blocks.set(index, block);
    },
    piece(index, delta) {
      const block = blocks.get(index);
      if (!block || !delta) return;
      const joined = ['thinking', 'signature'].flatMap((name) => {
        const text = asText(delta[name]);
        return text === null ? [] : [[name, `${asText(block[name]) ?? ''}${text}`]];
      });
      blocks.set(index, { ...block, ...Object.fromEntries(joined) });
    },
    state() {
      // A thought is only accepted back with its signature.
      const signed = [...blocks.values()].filter((block) => asText(block['signature']) !== null || asText(block['data']) !== null);
      return signed.length === 0 ? null : { dialect: 'anthropic-messages', blocks: signed };
    },
  };
}
