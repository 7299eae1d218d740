const plain = new Intl.NumberFormat('en-US');

/** "1,234,567" */
export function countText(count: number): string {
  return plain.format(count);
}

/** "850", "12.4k", "1.05M": short enough for a column. */
export function tokensText(tokens: number): string {
  if (tokens < 1_000) return String(tokens);
  if (tokens < 999_500) return `${trimmed(tokens / 1_000, tokens < 100_000 ? 1 : 0)}k`;
  return `${trimmed(tokens / 1_000_000, 2)}M`;
}

/** "84 ms", "1.24 s", "3 min 05 s" */
export function durationText(durationMs: number): string {
  if (durationMs < 999.5) return `${Math.round(durationMs)} ms`;
  if (durationMs < 59_995) return `${(durationMs / 1_000).toFixed(durationMs < 9_995 ? 2 : 1)} s`;
  const seconds = Math.round(durationMs / 1_000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/** "512 B", "1.5 KB", "3.2 MB", "1.24 GB" */
export function bytesText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 999_950) return `${trimmed(bytes / 1_000, 1)} KB`;
  if (bytes < 999_950_000) return `${trimmed(bytes / 1_000_000, 1)} MB`;
  return `${trimmed(bytes / 1_000_000_000, 2)} GB`;
}

/** "1 request", "1,204 requests" */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

function trimmed(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  return decimals === 0 ? text : text.replace(/\.?0+$/, '');
}
