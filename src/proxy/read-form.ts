/** A field of a form is short; what is longer is a file. */
const longestFieldBytes = 4096;

/** The short text fields of a `multipart/form-data` body, read without touching its files. */
export function readFormFields(body: Buffer, contentType: string): Record<string, string> {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  const marker = Buffer.from(`--${boundary?.[1] ?? boundary?.[2] ?? ''}`);
  const fields: Record<string, string> = {};
  if (marker.length <= 2) return fields;
  for (let start = body.indexOf(marker); start !== -1;) {
    const end = body.indexOf(marker, start + marker.length);
    if (end === -1) break;
    const field = readField(body.subarray(start + marker.length, end));
    if (field) fields[field.name] = field.value;
    start = end;
  }
  return fields;
}

function readField(part: Buffer): { name: string; value: string } | null {
  const headersEnd = part.indexOf('\r\n\r\n');
  if (headersEnd === -1) return null;
  const headers = part.toString('latin1', 0, headersEnd);
  const name = /\bname="([^"]*)"/i.exec(headers)?.[1];
  const value = part.subarray(headersEnd + 4, part.length - 2);
  if (name === undefined || /filename/i.test(headers) || value.length > longestFieldBytes) return null;
  return { name, value: value.toString('utf8') };
}
