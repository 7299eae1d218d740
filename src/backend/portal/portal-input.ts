import { z } from 'zod';
import { workspaceChangeSchema } from '#shared/account/workspace.ts';

export const optional = z
  .string()
  .trim()
  .transform((value) => (value === '' ? null : value))
  .default(null);
export const workspaceFormSchema = z.object({ name: optional }).pipe(workspaceChangeSchema);
