import type { Paper } from '#shared/account/papers.ts';
import type { PaperPress } from './document-press.ts';

/** A paper as a file that a browser shows and saves under its number. */
export async function pdfResponse(paper: Paper, press: PaperPress): Promise<Response> {
  return new Response(new Uint8Array(await press.render(paper)), {
    headers: { 'content-type': 'application/pdf', 'content-disposition': `inline; filename="${paper.number}.pdf"` },
  });
}
