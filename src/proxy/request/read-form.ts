import { CorvusError } from '#shared/errors.ts';
import { refuseType } from '../body/check-members.ts';
import { type MemberNames, refuseTwice } from '../body/member-names.ts';
import { refuseCredentialMember } from '../body/scan-json.ts';
import { nextTurn, workedOnAtOnceUpToBytes } from '../turns/in-turns.ts';

/** More parts than any dialect's form has, with a picture each. */
const maxParts = 256;
const maxPartHeadBytes = 4096;
/** A field that is read here is short; a longer one is for the upstream alone. */
const longestFieldBytes = 4096;
/** The characters that a boundary may have (RFC 2046). */
const boundaryPattern = /^[\w'()+,\-./:=? ]{1,69}[\w'()+,\-./:=?]$|^[\w'()+,\-./:=?]$/;

const fieldTypes: Readonly<Record<string, { what: string; pattern: RegExp; read(text: string): unknown }>> = {
  stream: { what: 'true or false', pattern: /^(?:true|false)$/, read: (text) => text === 'true' },
  n: { what: 'a whole number above 0', pattern: /^[1-9]\d{0,14}$/, read: Number },
};

/**
 * Reads the short text fields of a `multipart/form-data` body without touching its files. Strict, because servers
 * disagree about everything else: no text outside the parts, the plain way to name a field, each of these fields once.
 * Throws `bad_request`, with the field's name where one field is at fault.
 */
export async function readFormFields(
  body: Buffer,
  contentType: string,
  wanted: MemberNames,
): Promise<Record<string, unknown>> {
  const marker = Buffer.from(`--${boundaryOf(contentType)}`);
  const fields: Record<string, unknown> = {};
  let parts = 0;
  let at = await findMarker(body, marker, 0);
  if (at !== 0) throw malformed('it must begin with its boundary');
  for (;;) {
    at += marker.length;
    if (body[at] === 0x2d && body[at + 1] === 0x2d) {
      if (!/^\s*$/.test(body.toString('latin1', at + 2, at + 6)) || body.length > at + 4)
        throw malformed('there is something behind its end');
      return fields;
    }
    if (body[at] !== 0x0d || body[at + 1] !== 0x0a) throw malformed('a boundary must stand on a line of its own');
    const end = await findMarker(body, marker, at);
    if (end === -1) throw malformed('its end is missing');
    if (body[end - 2] !== 0x0d || body[end - 1] !== 0x0a) throw malformed('a boundary must stand on a line of its own');
    parts += 1;
    if (parts > maxParts) throw malformed('it has too many parts');
    readPart(body.subarray(at + 2, end - 2), wanted, fields);
    at = end;
  }
}

function malformed(why: string): CorvusError {
  return new CorvusError('bad_request', `The form in the request body is not well-formed: ${why}.`);
}

const parameterPattern = /\s*;\s*([\w!#$%&'*+.^`|~-]+)=(?:"([^"\\]*)"|([^\s;"]*))\s*/gy;

function boundaryOf(contentType: string): string {
  const start = contentType.indexOf(';');
  const parameters = start === -1 ? '' : contentType.slice(start);
  const found: (string | undefined)[] = [];
  let end = 0;
  for (const [whole, name = '', quoted, bare] of parameters.matchAll(parameterPattern)) {
    end += whole.length;
    if (/^boundary\b/i.test(name)) found.push(name.length === 'boundary'.length ? (quoted ?? bare) : undefined);
  }
  const [boundary] = found;
  if (end !== parameters.length || found.length !== 1 || boundary === undefined || !boundaryPattern.test(boundary))
    throw new CorvusError('bad_request', 'The content type must name the boundary of the form, once.');
  return boundary;
}

/** Index of the next boundary. A large body is searched in stretches. */
async function findMarker(body: Buffer, marker: Buffer, from: number): Promise<number> {
  for (let start = from; start < body.length; start += workedOnAtOnceUpToBytes) {
    if (start !== from) await nextTurn();
    const stretch = body.subarray(start, start + workedOnAtOnceUpToBytes + marker.length - 1);
    const found = stretch.indexOf(marker);
    if (found !== -1) return start + found;
  }
  return -1;
}

function readPart(part: Buffer, wanted: MemberNames, fields: Record<string, unknown>): void {
  const headEnd = part.subarray(0, maxPartHeadBytes).indexOf('\r\n\r\n');
  if (headEnd === -1) throw malformed('a part has no head, or one that is too long');
  const lines = part.toString('latin1', 0, headEnd).split('\r\n');
  if (lines.some((line) => !/^[\w-]+:[\x20-\x7e\x80-\xff\t]*$/.test(line)))
    throw malformed('the head of a part cannot be read');
  const dispositions = lines.filter((line) => /^content-disposition:/i.test(line));
  const [disposition = ''] = dispositions;
  if (dispositions.length !== 1) throw malformed('a part must have one content-disposition');
  const { name, isFile } = readDisposition(disposition);
  refuseCredentialMember(name);
  const meant = wanted.has(name) ? name : wanted.takenFor(name);
  if (meant === null) return;
  const value = part.subarray(headEnd + 4);
  const isPlain = lines.every(
    (line) =>
      line === disposition || /^content-(?:type: *text\/plain(?:; *charset="?utf-8"?)?|length: *\d+) *$/i.test(line),
  );
  if (meant !== name || isFile || !isPlain || value.length > longestFieldBytes) {
    throw new CorvusError('bad_request', `Send "${meant}" as a plain text field of exactly that name.`, {
      param: meant,
    });
  }
  if (Object.hasOwn(fields, name)) refuseTwice(name);
  fields[name] = readValue(name, value);
}

function readValue(name: string, bytes: Buffer): unknown {
  const text = bytes.toString('utf8');
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  if (/[\u0000-\u001f\ufffd]/.test(text)) refuseType(name, 'plain text');
  const type = fieldTypes[name];
  if (!type) return text;
  if (!type.pattern.test(text)) refuseType(name, type.what);
  return type.read(text);
}

/** `form-data; name="…"` and at most a file name. Servers read a name in any other form differently. */
function readDisposition(line: string): { name: string; isFile: boolean } {
  const match = /^content-disposition: *form-data((?:; *[\w-]+\*?=(?:"[^"]*"|[^;"\s]+))*) *$/i.exec(line);
  const parameters = [...(match?.[1] ?? '').matchAll(/; *([\w-]+\*?)=(?:"([^"]*)"|([^;"\s]+))/g)];
  const names = parameters.filter(([, key = '']) => /^name\b/i.test(key));
  const [, key, quoted] = names[0] ?? [];
  const isKnown = parameters.every(([, parameter = '']) => /^(?:name|filename\*?)$/.test(parameter));
  // Some servers end the text at what looks like an escaped quote, others do not.
  if (!match || !isKnown || names.length !== 1 || key !== 'name' || quoted === undefined || line.includes('\\"'))
    throw malformed('a part must be named as name="…"');
  return { name: Buffer.from(quoted, 'latin1').toString('utf8').replaceAll('%22', '"'), isFile: parameters.length > 1 };
}
