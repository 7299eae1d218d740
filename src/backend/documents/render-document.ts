import Pdf from 'pdfkit';
import type { BillingDocument } from '#shared/account/billing-documents.ts';
import { loadFonts, type DocumentFonts } from './document-fonts.ts';
import {
  customerLines,
  doneText,
  factLines,
  footText,
  itemText,
  moneyText,
  sellerLines,
  sums,
  titles,
} from './document-texts.ts';

const ink = '#14171c';
const quiet = '#5b6472';
const rule = '#c9cfd8';
const good = '#13795b';
const left = 56;
const right = 539;
const top = 56;
const foot = 796;
/** Where the right half begins. */
const half = 304;
const lineGap = 2.5;
const partySizes = [9.5, 8.5, 7.5, 6.5];
const partyHeight = 132;

interface Style {
  size?: number | undefined;
  color?: string;
  weight?: 'regular' | 'bold';
  align?: 'left' | 'right';
}

/** Writes on a page, and remembers whether a letter had to be replaced. */
class Sheet {
  isReplaced = false;
  readonly doc: PDFKit.PDFDocument;
  readonly #fonts: DocumentFonts;

  constructor(doc: PDFKit.PDFDocument, files: readonly Buffer[]) {
    this.doc = doc;
    this.#fonts = loadFonts(doc, files);
  }

  /** @returns where the text ends */
  write(text: string, x: number, y: number, width: number, style: Style = {}): number {
    const { writing, height } = this.#measure(text, width, style);
    this.isReplaced ||= writing.isReplaced;
    this.doc.fillColor(style.color ?? ink).text(writing.text, x, y, { width, align: style.align ?? 'left', lineGap });
    return y + height;
  }

  /** The height of texts below each other. */
  heightOf(texts: readonly string[], width: number, style: Style): number {
    return texts.reduce((sum, text) => sum + this.#measure(text, width, style).height, 0);
  }

  /** A party's name and address: smaller where they are long, so that everything stays on one page. */
  party(texts: readonly string[], x: number, y: number, width: number): number {
    const size =
      partySizes.find((fits) => this.heightOf(texts, width, { size: fits, weight: 'bold' }) <= partyHeight) ??
      partySizes.at(-1);
    return texts.reduce(
      (at, text, index) => this.write(text, x, at, width, { size, weight: index === 0 ? 'bold' : 'regular' }),
      y,
    );
  }

  line(y: number, from = left): void {
    this.doc.moveTo(from, y).lineTo(right, y).lineWidth(0.6).strokeColor(rule).stroke();
  }

  #measure(text: string, width: number, { size, weight }: Style) {
    const writing = this.#fonts.write(text, weight);
    this.doc.font(writing.font).fontSize(size ?? 9.5);
    return { writing, height: this.doc.heightOfString(writing.text, { width, lineGap }) };
  }
}

const label: Style = { size: 8.5, color: quiet };
const small: Style = { size: 8, color: quiet };

/**
 * One A4 page of a billing document. The same document always gives the same bytes.
 * @param fonts files for letters that the standard fonts lack; a letter that none has is shown as "?", noted on the
 * page, and attached as entered
 */
export async function renderDocument(billingDocument: BillingDocument, fonts: readonly Buffer[]): Promise<Buffer> {
  const issuedAt = new Date(billingDocument.issuedAt);
  const title = `${titles[billingDocument.object]} ${billingDocument.number}`;
  const doc = new Pdf({
    size: 'A4',
    margin: 0,
    lang: 'en',
    displayTitle: true,
    info: {
      Title: title,
      Author: billingDocument.seller?.name ?? '',
      Creator: '',
      Producer: 'Corvus',
      CreationDate: issuedAt,
      ModDate: issuedAt,
    },
  });
  const parts: Buffer[] = [];
  const whole = new Promise<Buffer>((resolve) => {
    doc.on('data', (part: Buffer) => parts.push(part));
    doc.on('end', () => resolve(Buffer.concat(parts)));
  });
  const sheet = new Sheet(doc, fonts);
  writeTable(sheet, billingDocument, Math.max(writeParties(sheet, billingDocument), 330));
  writeFoot(sheet, billingDocument);
  if (sheet.isReplaced) attachRecord(doc, billingDocument, issuedAt);
  doc.end();
  return whole;
}

function writeParties(sheet: Sheet, billingDocument: BillingDocument): number {
  sheet.write(titles[billingDocument.object], left, top, 260, { size: 24, weight: 'bold' });
  sheet.write(billingDocument.number, left, top + 32, 260, { size: 11, color: quiet });
  const seller = billingDocument.seller
    ? sellerLines(billingDocument.seller)
    : ['The seller was not stated when this was issued.'];
  sheet.write('From', half, top + 4, 100, label);
  const sellerEnd = sheet.party(seller, half, top + 19, right - half);
  const y = Math.max(sellerEnd, top + 56) + 28;
  sheet.line(y - 12);
  sheet.write(billingDocument.object === 'invoice' ? 'Billed to' : 'Issued to', left, y, 100, label);
  const customerEnd = sheet.party(
    customerLines(billingDocument.customer, billingDocument.accountId),
    left,
    y + 15,
    half - left - 20,
  );
  let at = y;
  for (const [name, value] of factLines(billingDocument)) {
    sheet.write(name, half, at, 82, label);
    at = sheet.write(value, half + 84, at, right - half - 84, { size: 8.5 }) + 2;
  }
  return Math.max(customerEnd, at) + 28;
}

function writeTable(sheet: Sheet, billingDocument: BillingDocument, y: number): void {
  const { net, tax, total } = sums(billingDocument);
  const item = itemText(billingDocument);
  const amount = { align: 'right' } as const;
  sheet.write('Description', left, y, 300, label);
  sheet.write(`Amount (${billingDocument.currency})`, 400, y, right - 400, { ...amount, ...label });
  sheet.line(y + 16);
  const titleEnd = sheet.write(item.title, left, y + 26, 330, { weight: 'bold' });
  sheet.write(moneyText(net), 400, y + 26, right - 400, amount);
  let at = sheet.write(item.detail, left, titleEnd + 2, 330, { color: quiet }) + 12;
  sheet.line(at);
  const row = (name: string, value: string, style: Style = {}): void => {
    sheet.write(name, half, at + 10, 120, style);
    sheet.write(value, 440, at + 10, right - 440, { ...style, ...amount });
    at += 20;
  };
  row('Net', moneyText(net));
  row('Tax', tax === null ? 'not stated' : moneyText(tax));
  sheet.line(at + 8, half);
  at += 8;
  row('Total', `${moneyText(total)} ${billingDocument.currency}`, { weight: 'bold', size: 11 });
  row(doneText(billingDocument), moneyText(total), { color: good, weight: 'bold' });
}

function writeFoot(sheet: Sheet, billingDocument: BillingDocument): void {
  const texts = [
    footText(billingDocument),
    ...(billingDocument.seller?.note == null ? [] : [billingDocument.seller.note]),
  ];
  if (sheet.isReplaced) {
    texts.push(
      'Letters shown as “?” are not in this document’s fonts. Everything exactly as it was entered is in the record attached to this file.',
    );
  }
  const y = foot - sheet.heightOf(texts, right - left, small);
  sheet.line(y - 10);
  texts.reduce((at, text) => sheet.write(text, left, at, right - left, small), y);
}

function attachRecord(doc: PDFKit.PDFDocument, billingDocument: BillingDocument, issuedAt: Date): void {
  const record = Buffer.from(`${JSON.stringify(billingDocument, null, 2)}\n`);
  doc.file(record, {
    name: `${billingDocument.number}.json`,
    type: 'application/json',
    creationDate: issuedAt,
    modifiedDate: issuedAt,
  });
}
