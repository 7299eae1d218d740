/** Where a value stands in a JSON body. */
export interface JsonSpan {
  start: number;
  end: number;
}

/** Text that replaces some bytes. */
export interface BodyEdit extends JsonSpan {
  text: string;
}
