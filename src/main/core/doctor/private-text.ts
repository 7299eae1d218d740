const closings: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '`': '`',
  '“': '”',
  '‘': '’',
  '„': '“”',
  '«': '»',
};
const letter = /[\p{L}\p{N}_]/u;
const longestName = 40;
const mostWordsOfName = 3;

interface Span {
  start: number;
  /** Of the closing quote; null: there is none. */
  end: number | null;
}

/**
 * An upstream's message without what it quotes, which can be a part of the prompt. Names of models and parameters are
 * short, and few words: they stay. Behind a quote that does not end nothing can be told apart, so all of it goes.
 */
export function withoutQuotes(message: string): string {
  let text = '';
  let at = 0;
  for (let quote = nextQuote(message, at); quote; quote = nextQuote(message, at)) {
    text += message.slice(at, quote.start + 1);
    if (quote.end === null) return `${text}[the rest is left out]`;
    const quoted = message.slice(quote.start + 1, quote.end);
    text += `${isName(quoted) ? quoted : '[quoted text left out]'}${message[quote.end]}`;
    at = quote.end + 1;
  }
  return text + message.slice(at);
}

function isName(quoted: string): boolean {
  if (quoted.length > longestName || quoted.trim().split(/\s+/).length > mostWordsOfName) return false;
  return !pathStart.test(quoted) || ownPath.test(quoted);
}

/** An apostrophe within a word opens no quote and closes none; other quotes inside one belong to its text. */
function nextQuote(message: string, from: number): Span | null {
  for (let start = from; start < message.length; start += 1) {
    const mark = message.charAt(start);
    const closing = closings[mark];
    if (closing === undefined || ((mark === "'" || mark === '‘') && letter.test(message.charAt(start - 1)))) continue;
    const isEscaped = message[start - 1] === '\\';
    for (let end = start + 1; end < message.length; end += 1) {
      if (!closing.includes(message.charAt(end)) || letter.test(message.charAt(end + 1))) continue;
      // In JSON within a text the quotes of the text itself are escaped.
      if ((message[end - 1] === '\\') === isEscaped) return { start, end };
    }
    return { start, end: null };
  }
  return null;
}

const pathStart = /^(?:~\w*[\\/]|\.{0,2}\/|[A-Za-z]:[\\/]|\\\\)/;
/** Endpoints of the gateway, and of upstreams, which have the same form. */
const ownPath = /^\/(?:(?:anthropic|api)\/)?v\d[a-z\d]{0,8}(?:[/:?#]|$)|^\/api\/[a-z]+$/;
const namePart = String.raw`[^\s"'\x60<>“”‘’«»,;)\]}]`;
/**
 * Addresses first, so that they stay whole. A folder's name may have a few words; the separator behind them says so.
 */
const addressOrPath = new RegExp(
  String.raw`\b(?:https?|wss?)://${namePart}+|(?:\bfile:/|(?<![\p{L}\p{N}_./~<*])(?:~\w*[\\/]|\.{0,2}/|[A-Za-z]:[\\/]|\\\\))(?=\S)${namePart}+(?:(?: ${namePart}+){1,4}[\\/]${namePart}+)*`,
  'gu',
);

/**
 * The text without paths of files: even the names of folders can tell about a person's work. Addresses and endpoints
 * stay.
 */
export function withoutPaths(text: string): string {
  return text.replaceAll(addressOrPath, (found) =>
    /^(?:https?|wss?):/.test(found) || ownPath.test(found) ? found : '[path left out]',
  );
}
