/** How providers report, under various statuses, that an account has no money left. */
const phrases =
  /out of balance|insufficient[ _](quota|balance|credits?|funds)|exceeded[ _](your )?current[ _]quota|credit balance is too low|(out of|no|more|used all available) credits|payment[ _]required|余额不足/i;

export function saysOutOfMoney(text: string): boolean {
  return phrases.test(text);
}
