const hidden = '[redacted]';

const secretPatterns: readonly RegExp[] = [
  /\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{6,}/g,
  /\bwhsec_[A-Za-z0-9+/=_-]{6,}/g,
  /\bAIza[A-Za-z0-9_-]{20,}/g,
  /\b(?:Bearer|Basic)(?:\s|%20|\+)+[A-Za-z0-9._~+/=%-]{12,}/gi,
  /\b(?:authorization|x-api-key|x-goog-api-key|x-corvusllm-token|api[-_]?key|corvusllm_session|(?:set-)?cookie)["']?\s*[:=]\s*["']?[^\s"',;}]{4,}/gi,
  /(?<=:\/\/)[^\s/:@]{0,256}:[^\s/@]{1,256}(?=@)/g,
  /#login=[A-Za-z0-9_-]+/g,
];

const secretFields =
  /^(?:authorization|proxy-authorization|(?:set-)?cookie|x-api-key|x-goog-api-key|.*(?:secret|password|passphrase|api[-_]?key|customer[-_]?key)|key|token|prompt)$/i;

// Would reorder or break a log line on a screen; JSON leaves these as they are.
const screenTricks = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

const maximumDepth = 6;

/** The text without anything that looks like a credential. */
export function redactText(text: string): string {
  let clean = text;
  for (const pattern of secretPatterns) clean = clean.replace(pattern, hidden);
  return clean.replace(screenTricks, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Any value as plain data for a log line: strings cleaned, secret fields hidden, errors expanded. */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= maximumDepth) return '[deep]';
  if (value instanceof Error) return redactError(value, depth);
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  return redactFields(value, depth);
}

function redactFields(value: object, depth: number): Record<string, unknown> {
  const clean: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    const isSecret = secretFields.test(name) && field !== null && field !== undefined && typeof field !== 'boolean';
    clean[redactText(name)] = isSecret ? hidden : redact(field, depth + 1);
  }
  return clean;
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  return {
    name: error.name,
    message: redactText(error.message),
    ...('code' in error ? { code: redact(error.code, depth + 1) } : {}),
    ...(error.stack ? { stack: redactText(error.stack) } : {}),
    ...(error.cause === undefined ? {} : { cause: redact(error.cause, depth + 1) }),
  };
}
