import { createHash } from 'node:crypto';
import type { Call } from '#proxy/call.ts';
import type { LocalKeyCaller } from '../keys/local-key-ring.ts';

/**
 * The line that Claude Code puts first in its system prompt. The value of its `cch` changes with every request, so a
 * prompt cache that compares texts never matches what follows.
 */
const line =
  /^(?:\[\s*\{\s*(?:"type"\s*:\s*"text"\s*,\s*)?"text"\s*:\s*)?"x-anthropic-billing-header:[^"\\]{0,300}?\bcch=(\w{1,64})/;
const longestLine = 600;
/** How long a prompt cache usually lives. */
const lifetimeMs = 300_000;
const mostPrefixes = 1_000;

export interface AttributionLines {
  /**
   * Overwrites the changing value with zeros if the key is set to that; every other byte stays. Otherwise returns
   * whether that would have helped: an earlier request began with the same prompt except for this value.
   */
  see(call: Call, caller: LocalKeyCaller): boolean;
}

export function createAttributionLines(nowMs: () => number): AttributionLines {
  const seen = new Map<string, { value: string; atMs: number }>();

  return {
    see(call, { id, steadiesAttribution }) {
      const span = changingValue(call);
      if (!span) return false;
      const { body } = call;
      const value = body.toString('latin1', span.start, span.end);
      if (steadiesAttribution) {
        body.fill('0', span.start, span.end);
        return false;
      }
      const prefix = hashOfPrefix(call, span, id);
      const before = seen.get(prefix);
      const now = nowMs();
      seen.delete(prefix);
      seen.set(prefix, { value, atMs: now });
      const [oldest] = seen.keys();
      if (oldest !== undefined && seen.size > mostPrefixes) seen.delete(oldest);
      return before !== undefined && before.value !== value && now - before.atMs < lifetimeMs;
    },
  };
}

interface Span {
  start: number;
  end: number;
}

/** The position of the changing value; null if the prompt does not begin with that line. */
export function changingValue({ dialect, body, facts: { prefix } }: Call): Span | null {
  if (dialect !== 'anthropic-messages' || !prefix?.system) return null;
  const { start, end } = prefix.system;
  const found = line.exec(body.toString('latin1', start, Math.min(end, start + longestLine)));
  if (!found) return null;
  const [text, value = ''] = found;
  return { start: start + text.length - value.length, end: start + text.length };
}

/** A digest of what a cache compares first: model, tools and system prompt. */
function hashOfPrefix({ body, facts: { model, prefix } }: Call, value: Span, keyId: string): string {
  const hash = createHash('sha256').update(JSON.stringify([keyId, model]));
  if (prefix?.tools) hash.update(body.subarray(prefix.tools.start, prefix.tools.end));
  return hash
    .update(body.subarray(prefix?.system?.start, value.start))
    .update(body.subarray(value.end, prefix?.system?.end))
    .digest('base64');
}
