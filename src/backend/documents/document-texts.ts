import { type BillingProfile, countryName, type Seller } from '#shared/account/billing-profile.ts';
import type { BillingDocument, DocumentKind } from '#shared/account/billing-documents.ts';
import { nanoUsd, parseUsd, usdText, zeroUsd } from '#shared/money.ts';

export const titles: Readonly<Record<DocumentKind, string>> = {
  invoice: 'Invoice',
  credit_note: 'Credit note',
  debit_note: 'Debit note',
};

/** 27 November 2026 */
function dateText(iso: string): string {
  return new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }).format(
    new Date(iso),
  );
}

/** 1,234.50; always with cents, and with more digits only where they are not zero. */
export function moneyText(amount: string): string {
  const [whole = '0', fraction = '00'] = amount.split('.');
  return `${whole.replaceAll(/\B(?=(\d{3})+$)/g, ',')}.${fraction}`;
}

export function sellerLines({ name, address, country, taxId, email }: Seller): string[] {
  return [name, ...address, countryName(country) ?? country, ...taxLines(taxId), ...present(email)];
}

/** The party that a document is made out to; without a profile, only the account is known. */
export function customerLines(customer: BillingProfile | null, accountId: string): string[] {
  if (!customer) return [`Account ${accountId}`];
  const { name, company, address, country, taxId, email } = customer;
  const lines = [
    ...present(company),
    ...present(name),
    ...address,
    ...(country === null ? [] : [countryName(country) ?? country]),
    ...taxLines(taxId),
    ...present(email),
  ];
  return lines.length === 0 ? [`Account ${accountId}`] : lines;
}

function taxLines(taxId: string | null): string[] {
  return taxId === null ? [] : [`Tax ID ${taxId}`];
}

function present(text: string | null): string[] {
  return text === null ? [] : [text];
}

/** Pairs for the block beside the address. */
export function factLines(billingDocument: BillingDocument): [name: string, value: string][] {
  const date = dateText(billingDocument.issuedAt);
  const isInvoice = billingDocument.object === 'invoice';
  return [
    [`${titles[billingDocument.object]} number`, billingDocument.number],
    ['Date of issue', date],
    ...(isInvoice ? ([['Date of payment', date]] as [string, string][]) : []),
    ...(billingDocument.invoiceNumber === null
      ? []
      : ([['Corrects invoice', billingDocument.invoiceNumber]] as [string, string][])),
    ['Order', billingDocument.orderId],
    ['Payment reference', paymentText(billingDocument.paymentReference)],
    ['Account', billingDocument.accountId],
  ];
}

function paymentText(reference: string): string {
  return reference.startsWith('by-hand:') ? 'Settled by the seller' : reference;
}

/** The one line item: what was sold, or why it is corrected. */
export function itemText(billingDocument: BillingDocument): { title: string; detail: string } {
  const credit = `${moneyText(billingDocument.credit)} ${billingDocument.currency}`;
  if (billingDocument.object === 'invoice')
    return { title: 'Prepaid credit for model usage', detail: `${credit} added to the balance of the account` };
  const why = {
    credit_note: { refund: 'Payment refunded', dispute: 'Payment withdrawn by the bank (dispute)' },
    debit_note: { refund: 'Refund failed: charged again', dispute: 'Dispute over: charged again' },
  }[billingDocument.object][billingDocument.reason ?? 'refund'];
  const moved =
    billingDocument.object === 'credit_note'
      ? `${credit} taken back from the balance`
      : `${credit} added to the balance again`;
  return { title: why, detail: moved };
}

/** The totals at the foot: net, tax and total. Where the payment is not known, the credit is taken as the price. */
export function sums(billingDocument: BillingDocument): { net: string; tax: string | null; total: string } {
  const total = billingDocument.paid ?? billingDocument.credit;
  const net = usdText(nanoUsd((parseUsd(total) ?? zeroUsd) - (parseUsd(billingDocument.tax ?? '0') ?? zeroUsd)));
  return { net, tax: billingDocument.tax, total };
}

export function doneText(billingDocument: BillingDocument): string {
  if (billingDocument.object === 'invoice') return 'Paid in full';
  return billingDocument.object === 'credit_note' ? 'Paid back' : 'Received again';
}

export function footText(billingDocument: BillingDocument): string {
  if (billingDocument.object === 'invoice')
    return 'This invoice is for prepaid credit. It is paid; nothing is due. Usage is deducted from the credit and is not invoiced again: the account’s statement lists it.';
  return `This ${titles[billingDocument.object].toLowerCase()} corrects invoice ${billingDocument.invoiceNumber ?? ''}. Nothing is due: the money has moved already.`;
}
