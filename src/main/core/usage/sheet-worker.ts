import { parentPort, workerData } from 'node:worker_threads';
import Pdf from 'pdfkit';
import type { DrawnSheet, MonthSheet, SheetTable } from './month-sheet.ts';

const ink = '#14171c';
const quiet = '#5b6472';
const rule = '#c9cfd8';
const left = 56;
const right = 539;
const width = right - left;
const bottom = 770;
const foot = 796;
const lineHeight = 15;
/** What the first column has of the width. */
const nameShare = 0.42;
const textSize = 9;

/** Draws a sheet as A4 pages. */
function draw(sheet: MonthSheet): Promise<Uint8Array> {
  const doc = new Pdf({ size: 'A4', margin: left, bufferPages: true, info: { Title: plain(sheet.title) } });
  const chunks: Buffer[] = [];
  const drawn = new Promise<Uint8Array>((resolve, reject) => {
    doc.on('data', (chunk: Buffer) => chunks.push(chunk));
    doc.on('end', () => resolve(new Uint8Array(Buffer.concat(chunks))));
    doc.on('error', reject);
  });
  doc.font('Helvetica-Bold').fontSize(18).fillColor(ink).text(plain(sheet.title), left, left);
  doc.font('Helvetica').fontSize(9.5).fillColor(quiet);
  for (const fact of sheet.facts) doc.text(plain(fact), { width, lineGap: 2 });
  doc.y += 10;
  for (const table of sheet.tables) drawTable(doc, table);
  drawFeet(doc, sheet.foot);
  doc.end();
  return drawn;
}

function drawTable(doc: PDFKit.PDFDocument, { title, heads, rows, sum }: SheetTable): void {
  const drawHead = (continued: boolean): void => {
    doc.font('Helvetica-Bold').fontSize(11).fillColor(ink);
    doc.text(plain(continued ? `${title}, continued` : title), left, doc.y);
    doc.y += 4;
    drawRow(doc, heads, 'Helvetica', quiet);
    drawRule(doc);
  };
  // A table does not begin where only its head has room.
  if (doc.y + 5 * lineHeight > bottom) startPage(doc);
  drawHead(false);
  for (const row of rows) {
    if (doc.y + lineHeight > bottom) {
      startPage(doc);
      drawHead(true);
    }
    drawRow(doc, row, 'Helvetica', ink);
  }
  if (sum) {
    drawRule(doc);
    drawRow(doc, sum, 'Helvetica-Bold', ink);
  }
  doc.y += 14;
}

function startPage(doc: PDFKit.PDFDocument): void {
  doc.addPage();
  doc.y = left;
}

function drawRow(doc: PDFKit.PDFDocument, cells: readonly string[], font: string, color: string): void {
  const { y } = doc;
  const nameWidth = width * nameShare;
  const cellWidth = (width - nameWidth) / Math.max(1, cells.length - 1);
  doc.font(font).fillColor(color);
  for (const [index, cell] of cells.entries()) {
    const isName = index === 0;
    const x = isName ? left : left + nameWidth + (index - 1) * cellWidth;
    const room = (isName ? nameWidth : cellWidth) - 6;
    const text = plain(cell);
    // A name may be cut; of a number every digit is shown.
    const needed = doc.fontSize(textSize).widthOfString(text);
    if (!isName && needed > room) doc.fontSize((textSize * room) / needed - 0.1);
    const style = { width: room, height: lineHeight, lineBreak: false, ellipsis: isName };
    doc.text(text, x, y, { ...style, align: isName ? 'left' : 'right' });
  }
  doc.y = y + lineHeight;
}

function drawRule(doc: PDFKit.PDFDocument): void {
  const y = doc.y - 2;
  doc.moveTo(left, y).lineTo(right, y).lineWidth(0.6).strokeColor(rule).stroke();
  doc.y = y + 5;
}

function drawFeet(doc: PDFKit.PDFDocument, text: string): void {
  const { count } = doc.bufferedPageRange();
  for (let page = 0; page < count; page += 1) {
    doc.switchToPage(page);
    // Below the margin, where text would begin a page of its own.
    doc.page.margins.bottom = 0;
    doc.font('Helvetica').fontSize(8).fillColor(quiet);
    doc.text(plain(text), left, foot, { width: width - 60, lineBreak: false });
    doc.text(`${page + 1} / ${count}`, right - 60, foot, { width: 60, align: 'right', lineBreak: false });
  }
}

/** The letters that PDF's own fonts have; others are replaced. */
function plain(text: string): string {
  return text.normalize('NFC').replaceAll(/[^ -~\u00a0-\u00ff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]/gu, '?');
}

if (parentPort) {
  const port = parentPort;
  const answer = (drawn: DrawnSheet): void => port.postMessage(drawn);
  draw(workerData as MonthSheet).then(
    (bytes) => answer({ bytes }),
    (error: unknown) => answer({ error: String(error) }),
  );
}
