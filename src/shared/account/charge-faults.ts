import type { ChargeMatch } from './request.ts';

/** What is said of a charge that does not agree, in the app, its notifications and the command line. */
export const chargeFaultText: Readonly<Record<Exclude<ChargeMatch, 'agrees'>, { title: string; sentence: string }>> = {
  'other-amount': {
    title: 'Charged another amount',
    sentence: 'The charge is not what the account’s own prices make of the tokens that were counted here.',
  },
  'moved-otherwise': {
    title: 'Balance moved otherwise',
    sentence: 'The balance did not move by the amount that the receipt says.',
  },
  'charged-twice': { title: 'Charged twice', sentence: 'The same amount was taken from the balance more than once.' },
  'charged-without-answer': {
    title: 'Charged without an answer',
    sentence: 'The request failed or was refused, and was charged all the same.',
  },
  'not-charged': { title: 'Not charged', sentence: 'An answer came, and the account has not charged it.' },
};
