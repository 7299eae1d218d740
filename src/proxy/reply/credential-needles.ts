/** One form in which a credential, or a good part of it, could come back. */
export interface Needle {
  bytes: Uint8Array;
  /** Letters match in either case; `bytes` is lower case then. */
  ignoresCase: boolean;
  /** That many of its characters in a row are a leak. */
  shortestRun: number;
}

/** So many characters in a row, from anywhere in a credential, are never chance. */
const tellingRun = 16;
/** What is shorter is no credential; masking every such word would spoil answers. */
const shortestSecret = 8;
const looksRandom = /\d|^(?:sk|pk|rk|key)[-_]/;
/** What model servers' manuals tell people to put where a key is asked for and none is needed. */
const placeholders: ReadonlySet<string> = new Set(['sk-no-key-required', 'no-key-required', 'not-needed', 'lm-studio']);

const credentialHeader = /^(?:proxy-)?authorization$|(?:^|[-_])(?:key|token|secret)$|^api-?key$/i;
const credentialParameter = /^(?:(?:x-goog-)?(?:api[-_]?)?key|(?:access|auth|api)?[-_]?token|secret|signature|sig|code)$/i;

/** The credentials that a request carries, in its headers and in its query. */
export function credentialsIn(headers: Readonly<Record<string, string>>, path: string): string[] {
  const found: string[] = [];
  for (const [name, value] of Object.entries(headers)) {
    if (credentialHeader.test(name)) found.push(value.replace(/^(?:Bearer|Basic|Token) +/i, '').trim());
  }
  const start = path.indexOf('?');
  if (start !== -1) {
    for (const [name, value] of new URLSearchParams(path.slice(start))) if (credentialParameter.test(name)) found.push(value);
  }
  return [...new Set(found)].filter(isWorthMasking);
}

function isWorthMasking(secret: string): boolean {
  if (secret.length < shortestSecret || placeholders.has(secret)) return false;
  return secret.length >= tellingRun || looksRandom.test(secret);
}

/**
 * The forms that are looked for: as it is, in either case; as hex; in both alphabets of base64, wherever in the encoded text the
 * credential begins (`Bearer key` and `user:key` are covered by that). Escapes of single characters are undone before the search.
 */
export function needlesOf(secret: string): Needle[] {
  const bytes = Buffer.from(secret, 'utf8');
  const hex = bytes.toString('hex');
  const plain = needle(secret.toLowerCase(), true, tellingRun);
  return [plain, needle(hex, true, 2 * tellingRun), ...base64Forms(bytes).map((text) => needle(text, false, tellingRun))];
}

function needle(text: string, ignoresCase: boolean, shortestRun: number): Needle {
  const bytes = Buffer.from(text, 'utf8');
  return { bytes, ignoresCase, shortestRun: Math.min(shortestRun, bytes.length) };
}

/** Without the characters at either end that hold bits of what stands beside it. */
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
