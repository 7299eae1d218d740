import { z } from 'zod';

const mostModels = 5_000;
const listSchema = z.object({ data: z.array(z.object({ id: z.string().min(1).max(200) })).max(mostModels) });

/** Both families list models as `{data: [{id}]}`. */
export function modelIds(json: unknown): string[] | null {
  const list = listSchema.safeParse(json);
  return list.success ? [...new Set(list.data.data.map(({ id }) => id))] : null;
}
