const head = '{"model":"m","max_tokens":16,"messages":[{"role":"user","content":"Hi"}],';

/** Fills a body up to about this many bytes: what opens it, a piece again and again, what closes it. */
function filled(bytes: number, open: string, piece: string, close: string): Buffer {
  const count = Math.max(1, Math.floor((bytes - open.length - close.length) / Buffer.byteLength(piece)));
  return Buffer.concat([Buffer.from(open), Buffer.alloc(count * Buffer.byteLength(piece), piece), Buffer.from(close)]);
}

type Make = (bytes: number) => Buffer;
const repeated =
  (open: string, piece: string, close: string): Make =>
  (bytes) =>
    filled(bytes, open, piece, close);
const listed = (piece: string, last = '0'): Make => repeated(`${head}"a":[`, `${piece},`, `${last}]}`);
const said = (piece: string): Make =>
  repeated('{"model":"m","max_tokens":16,"messages":[{"role":"user","content":"', piece, '"}]}');

function numbered(bytes: number, open: string, write: (index: number) => string, close: string): Buffer {
  const pieces: string[] = [];
  let size = open.length + close.length;
  for (let index = 0; size < bytes; index += 1) {
    const piece = write(index);
    pieces.push(piece);
    size += piece.length + 1;
  }
  return Buffer.from(open + pieces.join(',') + close);
}

/** As many members or values as the limits just let pass, with long names or texts to fill the bytes. */
const few = (write: (index: number, width: number) => string, count: number, open: string, close: string): Make => {
  return (bytes) => {
    const width = Math.max(1, Math.floor((bytes - open.length - close.length) / count) - 16);
    return Buffer.from(open + Array.from({ length: count }, (_, index) => write(index, width)).join(',') + close);
  };
};

/**
 * Bodies of the given size, each the worst for some way of reading it. Those that are no JSON are for scanners alone.
 */
export const hostileBodies: Readonly<Record<string, Make>> = {
  'a name of half the size, then strings': (bytes) =>
    Buffer.concat([
      Buffer.from(`${head}"a":{"${'n'.repeat(bytes / 2)}":[`),
      Buffer.alloc(4 * Math.floor(bytes / 8), '"a",'),
      Buffer.from('""]}}'),
    ]),
  'a name of half the size, then strings without commas': (bytes) =>
    Buffer.concat([
      Buffer.from(`${head}"a":{"${'n'.repeat(bytes / 2)}":[`),
      Buffer.alloc(3 * Math.floor(bytes / 6), '"a"'),
      Buffer.from(']}}'),
    ]),
  'a long name, then strings without commas': (bytes) =>
    Buffer.concat([
      Buffer.from(`${head}"a":{"${'n'.repeat(60_000)}":[`),
      Buffer.alloc(3 * Math.floor(bytes / 3), '"a"'),
      Buffer.from(']}}'),
    ]),
  'a long name, then strings': (bytes) =>
    Buffer.concat([
      Buffer.from(`${head}"a":{"${'n'.repeat(60_000)}":[`),
      Buffer.alloc(4 * Math.floor(bytes / 4), '"a",'),
      Buffer.from('""]}}'),
    ]),
  'strings at the top, under a long name': repeated(`${head}"${'n'.repeat(100_000)}":[`, '"a",', '""]}'),
  'empty strings': listed('""'),
  'empty strings without commas': repeated(`${head}"a":[`, '""', ']}'),
  'short strings': listed('"ab"'),
  'empty objects': listed('{}'),
  'empty lists': listed('[]'),
  brackets: repeated(`${head}"a":`, '[', ''),
  braces: repeated(`${head}"a":`, '{"a":', ''),
  colons: repeated(`${head}"a"`, ':', '1}'),
  commas: repeated(`${head}"a":[`, ',', ']}'),
  'white space': repeated(head, ' ', '"a":1}'),
  'white space and line ends before it': repeated('', '\r\n\t ', `${head}"a":1}`),
  'white space behind it': repeated(`${head}"a":1}`, ' \n', ''),
  digits: listed('1'),
  'one long number': repeated(`${head}"a":`, '7', '}'),
  literals: listed('true'),
  'many members': (bytes) => numbered(bytes, head, (index) => `"k${index}":1`, '}'),
  'many members below': (bytes) => numbered(bytes, `${head}"a":{`, (index) => `"k${index}":1`, '}}'),
  'one text': said('x'),
  'one text in another script': said('汉'),
  'one text of two-byte letters': said('é'),
  'one text of emoji and letters': said('abcdefgé🦉'),
  'escaped quotes': said('\\"'),
  'escaped line ends': said('\\n'),
  backslashes: said('\\\\'),
  'backslashes and no end': repeated(`${head}"a":"`, '\\', ''),
  'escaped letters': said('\\u0041'),
  'escaped halves of pairs': said('\\ud800'),
  'escapes far apart': said(`${'x'.repeat(300)}\\"`),
  'bytes that are no text': (bytes) =>
    Buffer.concat([Buffer.from(`${head}"a":"`), Buffer.alloc(bytes - 200, 0xff), Buffer.from('"}')]),
  'a text without an end': repeated(`${head}"a":"`, 'x', ''),
  'text without an end, with escapes': repeated(`${head}"a":"`, 'xxxxxxxxxxxxxxxxxxxxxxxxxxx\\n', ''),
  'a picture': repeated(
    '{"model":"m","max_tokens":16,"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,',
    'iVBORw0KGgo',
    '"}}]}]}',
  ),
  'as many long names as pass': few(
    (index, width) => `"${String(index).padStart(width, 'k')}":1`,
    90_000,
    `${head}"a":{`,
    '}}',
  ),
  'as many names as pass': few((index) => `"k${index}":1`, 190_000, `${head}"a":{`, '}}'),
  'as many shapes as pass': few((index) => `{"k${index}":""}`, 45_000, `${head}"a":[`, ']}'),
  'as many long texts as pass': few(
    (index, width) => `"${String(index).padStart(width, 'é')}"`,
    90_000,
    `${head}"a":[`,
    ']}',
  ),
  'as many messages as pass': few(
    (index, width) =>
      `{"role":"${index % 2 === 0 ? 'user' : 'assistant'}","content":"${'x'.repeat(Math.max(1, width - 30))}"}`,
    33_000,
    '{"model":"m","max_tokens":16,"messages":[',
    ']}',
  ),
  'a tool call whose arguments are all of it': repeated(
    '{"model":"m","max_tokens":16,"messages":[{"role":"user","content":"Hi"},{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\\"a\\":[',
    '{},',
    '{}]}"}}]}]}',
  ),
};

const boundary = 'boundary0123456789';
const formType = `multipart/form-data; boundary=${boundary}`;
const part = (name: string, value: string) =>
  `--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

export const hostileForms: Readonly<Record<string, (bytes: number) => { body: Buffer; contentType: string }>> = {
  'a form of bare markers': (bytes) => ({ body: filled(bytes, '', `--${boundary}`, ''), contentType: formType }),
  'a form of markers in lines': (bytes) => ({
    body: filled(bytes, '', `--${boundary}\r\n`, ''),
    contentType: formType,
  }),
  'a form of empty parts': (bytes) => ({
    body: filled(bytes, '', part('a', ''), `--${boundary}--`),
    contentType: formType,
  }),
  'a form with one large part': (bytes) => ({
    body: filled(
      bytes,
      `${part('model', 'm')}--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n`,
      'x',
      `\r\n--${boundary}--`,
    ),
    contentType: formType,
  }),
  'a form whose file nearly has its boundary': (bytes) => ({
    body: filled(
      bytes,
      `--${'-'.repeat(60)}b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n`,
      '-',
      `\r\n--${'-'.repeat(60)}b--`,
    ),
    contentType: `multipart/form-data; boundary=${'-'.repeat(60)}b`,
  }),
  'a form of one letter': (bytes) => ({
    body: filled(bytes, '', '-', ''),
    contentType: `multipart/form-data; boundary=${'-'.repeat(69)}`,
  }),
};
