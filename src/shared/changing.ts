/**
 * What others only read, where it is made and changed. A getter in an object literal would be slower: V8 gives each
 * such object a shape of its own, which then keeps everything that the getter can see until the next full collection.
 */
export type Changing<Read> = { -readonly [Name in keyof Read]: Read[Name] };
