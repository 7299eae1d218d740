import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { documentSchema } from '#shared/account/billing-documents.ts';
import { renderDocument } from './render-document.ts';

const dataSchema = z.object({ fonts: z.array(z.instanceof(Uint8Array)) });
const orderSchema = z.object({ number: z.int(), billingDocument: documentSchema });

/** What the thread answers for a document. */
export type Rendered = { number: number; bytes: Uint8Array } | { number: number; error: string };

if (parentPort) {
  const port = parentPort;
  const fonts = dataSchema.parse(workerData).fonts.map((font) => Buffer.from(font));
  const render = async (message: unknown): Promise<Rendered> => {
    const { number, billingDocument } = orderSchema.parse(message);
    try {
      return { number, bytes: await renderDocument(billingDocument, fonts) };
    } catch (error) {
      return { number, error: String(error) };
    }
  };
  port.on('message', (message) => void render(message).then((rendered) => port.postMessage(rendered)));
}
