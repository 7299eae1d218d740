import { dayText } from '#shared/day-text.ts';
import { minuteMs } from '#shared/time.ts';

const revokeAfterMs = minuteMs;

interface FileKind {
  /** In its name, before the day. */
  what: string;
  extension: string;
  type: string;
}

/**
 * Offers a file to the person as it was made, piece by piece. The browser keeps the pieces, on disk if they are many.
 */
export async function saveFile({ what, extension, type }: FileKind, pieces: AsyncIterable<string>): Promise<void> {
  const parts: Blob[] = [];
  for await (const piece of pieces) parts.push(new Blob([piece]));
  offerFile(`corvus-${what}-${dayText(new Date())}.${extension}`, new Blob(parts, { type }));
}

/** Offers a file under its name. */
export function offerFile(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser may still be reading it.
  setTimeout(() => URL.revokeObjectURL(address), revokeAfterMs);
}
