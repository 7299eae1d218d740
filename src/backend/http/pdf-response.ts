import type { Paper } from '#shared/account/papers.ts';

/** A paper as a file that a browser shows and saves under its number. */
export async function pdfResponse(paper: Paper, fonts: readonly Buffer[]): Promise<Response> {
  // Loaded when the first paper is asked for: most instances, and every sandbox, never print one.
  const { renderPaper } = await import('../papers/render-paper.ts');
  return new Response(new Uint8Array(await renderPaper(paper, fonts)), {
    headers: { 'content-type': 'application/pdf', 'content-disposition': `inline; filename="${paper.number}.pdf"` },
  });
}
