/** One form in which a credential, or a large part of it, could come back. */
export interface Needle {
  bytes: Uint8Array;
  /** Letters match in either case; `bytes` is then in lower case. */
  ignoresCase: boolean;
  /** This many of its characters in a row count as a leak. */
  shortestRun: number;
}

/** This many consecutive characters of a credential never occur by chance. */
const leakRun = 16;
/** Anything shorter is no credential. Masking every such word would spoil answers. */
const shortestSecret = 8;
const looksRandom = /\d|^(?:sk|pk|rk|key)[-_]/;
/** Placeholders that manuals of model servers suggest where a key is asked for and none is needed. */
const placeholders: ReadonlySet<string> = new Set(['sk-no-key-required', 'no-key-required', 'not-needed', 'lm-studio']);

const credentialHeader = /^(?:proxy-)?authorization$|(?:^|[-_])(?:key|token|secret)$|^api-?key$/i;
const credentialParameter =
  /^(?:(?:x-goog-)?(?:api[-_]?)?key|(?:access|auth|api)?[-_]?token|secret|signature|sig|code)$/i;

/** The credentials of a request, in its headers and in its query. */
export function credentialsIn(headers: Readonly<Record<string, string>>, path: string): string[] {
  const found: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (credentialHeader.test(name)) found.push(value.replace(/^(?:Bearer|Basic|Token) +/i, '').trim());
  }
  const start = path.indexOf('?');
  if (start !== -1) {
    for (const [name, value] of new URLSearchParams(path.slice(start)))
      if (credentialParameter.test(name)) found.push(value);
  }
  return [...new Set(found)];
}

/** Whether it can be told from a word of an answer. */
export function isWorthMasking(secret: string): boolean {
  if (secret.length < shortestSecret || placeholders.has(secret)) return false;
  return secret.length >= leakRun || looksRandom.test(secret);
}

/**
 * The forms to search for: as it is, in either case; as hex; in both alphabets of base64, wherever in the encoded text
 * the credential begins (`Bearer key` and `user:key` are covered by that). Escapes of single characters are undone
 * before the search.
 */
export function needlesOf(secret: string): Needle[] {
  const bytes = Buffer.from(secret, 'utf8');
  const hex = bytes.toString('hex');
  const plain = needle(secret.toLowerCase(), true, leakRun);
  return [plain, needle(hex, true, 2 * leakRun), ...base64Forms(bytes).map((text) => needle(text, false, leakRun))];
}

function needle(text: string, ignoresCase: boolean, shortestRun: number): Needle {
  const bytes = Buffer.from(text, 'utf8');
  return { bytes, ignoresCase, shortestRun: Math.min(shortestRun, bytes.length) };
}

/** Without the characters at either end that hold bits of the neighbouring bytes. */
function base64Forms(secret: Buffer): string[] {
  const forms = new Set<string>();
  for (const before of [0, 1, 2]) {
    const bits = 8 * (before + secret.length);
    const first = Math.ceil((8 * before) / 6);
    const text = Buffer.concat([Buffer.alloc(before), secret])
      .toString('base64')
      .slice(first, Math.floor(bits / 6));
    forms.add(text).add(text.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return [...forms];
}
