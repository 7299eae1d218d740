import { z } from 'zod';

const mostModels = 5_000;
const entriesSchema = z.array(z.object({ id: z.string().min(1).max(200) })).max(mostModels);
const googleSchema = z.object({ models: z.array(z.object({ name: z.string().min(1).max(200) })).max(mostModels) });
const listSchema = z.union([
  // Google's names begin with the kind of thing; calls need only what follows.
  googleSchema.transform(({ models }) => ({ data: models.map(({ name }) => ({ id: name.replace(/^models\//, '') })) })),
  z.object({ data: entriesSchema }),
  entriesSchema.transform((data) => ({ data })),
]);

/** Models are listed as `{data: [{id}]}` nearly everywhere, as the bare list, or as `{models: [{name}]}`. */
export function modelIds(json: unknown): string[] | null {
  const list = listSchema.safeParse(json);
  return list.success ? [...new Set(list.data.data.map(({ id }) => id))] : null;
}
