import { z } from 'zod';
import { ledgerLineSchema } from './ledger.ts';

/** Which rule a line of a statement, or the receipt it stands for, breaks. */
const statementRuleSchema = z.enum([
  /** What is kept here of it cannot be read any more. */
  'unreadable',
  /** A line is missing. */
  'gap',
  /** The balance after it is not the balance before it and its amount. */
  'balance',
  /** Its hash is not that of this line after the one before. */
  'hash',
  /** Its receipt is not the one that the line was written for. */
  'receipt',
  /** Usage times unit prices is not what its receipt says was charged. */
  'price',
  /** The account told it otherwise before, or tells it no more. */
  'rewritten',
]);
export type StatementRule = z.infer<typeof statementRuleSchema>;

export const statementFaultSchema = z.strictObject({
  /** The line's number, as the account counts. */
  sequence: z.int(),
  /** The request it settles. */
  requestId: z.string().nullable(),
  rule: statementRuleSchema,
  /** What is wrong, for a person. */
  text: z.string(),
});
export type StatementFault = z.infer<typeof statementFaultSchema>;

/** What was found when the statement that is kept here was gone through, without asking anybody. */
export const statementReportSchema = z.strictObject({
  /** `none`: no statement is kept here. */
  status: z.enum(['none', 'ok', 'fault']),
  /** Lines that fit, from the first to the one before the fault. */
  lines: z.int(),
  /** How many of them have a hash; an older service gives none. */
  provenLines: z.int(),
  /** How many of them have their receipt here, and it fits. */
  receipts: z.int(),
  firstFault: statementFaultSchema.nullable(),
  /** Lines as they were told before the account told them otherwise or no more, a hundred at most. */
  formerLines: z.array(ledgerLineSchema),
});
export type StatementReport = z.infer<typeof statementReportSchema>;

export const receiptReportSchema = z.strictObject({
  /** `missing`: no receipt of it is kept here, or no line. `unproven`: the service gives no hashes. */
  status: z.enum(['verified', 'unproven', 'missing', 'fault']),
  fault: statementFaultSchema.nullable(),
});
export type ReceiptReport = z.infer<typeof receiptReportSchema>;
