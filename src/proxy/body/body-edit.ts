import type { JsonSpan } from './embedded-media.ts';

/** Text that replaces some bytes. */
export interface BodyEdit extends JsonSpan {
  text: string;
}
