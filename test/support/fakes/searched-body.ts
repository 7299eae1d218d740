/** A body that counts the bytes that are searched for others in it. */
export function searchedBody(bytes: Buffer): { body: Buffer; searched(): number } {
  let searched = 0;
  const body = Buffer.from(bytes);
  const search = body.indexOf.bind(body);
  body.indexOf = (value: string | number | Uint8Array, from = 0): number => {
    const found = search(value, Number(from));
    searched += (found === -1 ? body.length : found) - Number(from);
    return found;
  };
  return { body, searched: () => searched };
}
