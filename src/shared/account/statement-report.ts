import { z } from 'zod';
import { ledgerLineSchema } from './ledger.ts';

/** Which rule a line of a statement, or its receipt, breaks. */
const statementRuleSchema = z.enum([
  /** The stored line or receipt cannot be read. */
  'unreadable',
  /** A line is missing. */
  'gap',
  /** Balance before plus amount does not equal the balance after. */
  'balance',
  /** Its hash does not match this line and the one before. */
  'hash',
  /** Its receipt is not the one the line was written for. */
  'receipt',
  /** Usage times unit prices does not equal the receipt's charge. */
  'price',
  /** The account has changed the line since it was downloaded, or no longer lists it. */
  'rewritten',
]);
export type StatementRule = z.infer<typeof statementRuleSchema>;

export const statementFaultSchema = z.strictObject({
  /** The line's number, as the account counts. */
  sequence: z.int(),
  /** The request it settles. */
  requestId: z.string().nullable(),
  rule: statementRuleSchema,
  /** What is wrong, as a sentence. */
  text: z.string(),
});
export type StatementFault = z.infer<typeof statementFaultSchema>;

/** The result of checking the local statement, without asking the service. */
export const statementReportSchema = z.strictObject({
  /** `none`: there is no local statement. */
  status: z.enum(['none', 'ok', 'fault']),
  /** Correct lines, from the first to the one before the fault. */
  lines: z.int(),
  /** How many of them have a hash; older services give none. */
  provenLines: z.int(),
  /** How many of them have a matching receipt here. */
  receipts: z.int(),
  firstFault: statementFaultSchema.nullable(),
  /** Lines as they were first downloaded, before the account changed or removed them; a hundred at most. */
  formerLines: z.array(ledgerLineSchema),
});
export type StatementReport = z.infer<typeof statementReportSchema>;

export const receiptReportSchema = z.strictObject({
  /** `missing`: no local receipt, or no line. `unproven`: the service gives no hashes. */
  status: z.enum(['verified', 'unproven', 'missing', 'fault']),
  fault: statementFaultSchema.nullable(),
});
export type ReceiptReport = z.infer<typeof receiptReportSchema>;
