import { z } from 'zod';
import { errorCatalogue } from '../errors.ts';

const codes = z.string().meta({
  description: `One of the codes of docs/errors.md, such as ${Object.keys(errorCatalogue).slice(0, 2).join(', ')}; more may be added.`,
});

/**
 * Every refusal: in OpenAI's envelope, or in Anthropic's where the call sends `anthropic-version`. Further facts stand
 * beside the code.
 */
export const errorReplySchema = z
  .union([
    z.looseObject({
      error: z.looseObject({
        message: z.string(),
        type: z.string(),
        param: z.string().nullable(),
        code: codes,
        request_id: z.string(),
      }),
    }),
    z.looseObject({
      type: z.literal('error'),
      error: z.looseObject({
        type: z.string(),
        message: z.string(),
        code: codes,
        details: z.looseObject({ error_code: codes }),
      }),
      request_id: z.string(),
    }),
  ])
  .meta({ id: 'Error' });
