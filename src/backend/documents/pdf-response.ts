import type { BillingDocument } from '#shared/account/billing-documents.ts';
import type { DocumentPress } from './document-press.ts';

/** A document as a file that a browser shows and saves under its number. */
export async function pdfResponse(billingDocument: BillingDocument, press: DocumentPress): Promise<Response> {
  return new Response(new Uint8Array(await press.render(billingDocument)), {
    headers: {
      'content-type': 'application/pdf',
      'content-disposition': `inline; filename="${billingDocument.number}.pdf"`,
    },
  });
}
