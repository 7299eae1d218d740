import { z } from 'zod';

const mostModels = 5_000;
const entriesSchema = z.array(z.object({ id: z.string().min(1).max(200) })).max(mostModels);
const listSchema = z.union([z.object({ data: entriesSchema }), entriesSchema.transform((data) => ({ data }))]);

/** Models are listed as `{data: [{id}]}` nearly everywhere, or as the bare list. */
export function modelIds(json: unknown): string[] | null {
  const list = listSchema.safeParse(json);
  return list.success ? [...new Set(list.data.data.map(({ id }) => id))] : null;
}
