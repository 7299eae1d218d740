/**
 * Words of this repository's first year that nobody outside it knew, and what an engineer of the field would search for
 * instead. The glossary in CONTRIBUTING.md says what the words mean that stand here on the right.
 */
const retiredWords: ReadonlyMap<string, string> = new Map([
  ['purse', 'funds'],
  ['purses', 'funds'],
  ['books', 'ledger'],
  ['house', 'platform account'],
  ['houses', 'platform accounts'],
  ['paper', 'billing document, or invoice'],
  ['papers', 'billing documents, or invoices'],
  ['wish', 'hold request'],
  ['wishes', 'requests'],
  ['news', 'pub/sub, message'],
  ['journey', 'route plan'],
  ['reckon', 'meter'],
  ['reckoning', 'metered call'],
  ['reckons', 'meters'],
  ['reckoned', 'metered, estimated'],
  ['speech', 'dialect codec'],
  ['speeches', 'dialect codecs'],
  ['nap', 'back-off wait'],
  ['doorkeeper', 'auth guard'],
  ['visitor', 'viewer'],
  ['sway', 'may manage'],
  ['lesson', 'result'],
  ['lend', 'advance'],
  ['lends', 'advances'],
  ['absorb', 'write off'],
  ['absorbs', 'writes off'],
  ['absorbed', 'written off'],
  ['patience', 'first-byte timeout'],
  ['keeper', 'connection'],
  ['surplus', 'overpayment'],
  ['tracker', 'compatibility endpoint'],
  ['trackers', 'compatibility endpoints'],
  ['whoever', 'who'],
  ['whomever', 'whom'],
  ['somebody', 'a person, the caller, …'],
  ['nobody', 'no one, nothing'],
  ['everybody', 'everyone, every caller'],
  ['anew', 'again'],
  ['thereof', 'of it'],
  ['whereupon', 'then'],
]);

export interface RetiredWord {
  line: number;
  word: string;
  use: string;
}

/** Every retired word of a text, also inside an identifier: `purseOf`, `read_purse`. */
export function retiredIn(text: string): RetiredWord[] {
  return text.split('\n').flatMap((content, index) =>
    [...content.matchAll(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g)].flatMap(([word]) => {
      const use = retiredWords.get(word.toLowerCase());
      return use === undefined ? [] : [{ line: index + 1, word, use }];
    }),
  );
}
