import { z } from 'zod';
import { toolIdSchema, toolPlanSchema, toolSchema, undoneFileSchema } from '../domain/tool.ts';
import { localKeyIdSchema } from '../ids.ts';
import { command, event, query } from './define.ts';

/** Variables that are set where the question comes from: names only. */
const terminalSchema = z.array(z.string().max(200)).max(5_000);
const undoneSchema = z.strictObject({ id: toolIdSchema, name: z.string(), files: z.array(undoneFileSchema) });

export const toolsContract = {
  /** Every known tool and its state; its files and the environment are read each time. */
  'tools.list': query({ input: z.strictObject({ terminal: terminalSchema }), output: z.array(toolSchema) }),
  'tools.plan': query({
    input: z.strictObject({ id: toolIdSchema, model: z.string().nullable(), terminal: terminalSchema }),
    output: toolPlanSchema,
  }),
  /** Writes what a plan showed. A tool that is connected is connected again, with the key that it has while that works. */
  'tools.connect': command({
    input: z.strictObject({ id: toolIdSchema, model: z.string().nullable(), seen: z.string() }),
    output: toolSchema,
  }),
  /** Takes our settings out of the tool's files and revokes its key. */
  'tools.undo': command({ input: z.strictObject({ id: toolIdSchema }), output: undoneSchema }),
  /** The same for every connected tool. One that fails does not stop the others. */
  'tools.restore': command({
    input: z.undefined(),
    output: z.strictObject({
      undone: z.array(undoneSchema),
      failed: z.array(z.strictObject({ id: toolIdSchema, name: z.string(), message: z.string() })),
    }),
  }),
  /**
   * What a tool starts with: its key, the variables that it reads, and the steps for one that is set up by hand.
   * Without an id, the tool is known by its command. The only reply with the secret.
   */
  'tools.start': command({
    input: z.strictObject({
      id: toolIdSchema.nullable(),
      command: z.string().trim().min(1).max(80),
      model: z.string().nullable(),
      /** A key of its own, for a run that has an envelope; else the key that was made for this tool before. */
      isOneRun: z.boolean(),
    }),
    output: z.strictObject({
      id: toolIdSchema.nullable(),
      name: z.string(),
      keyId: localKeyIdSchema,
      /** It was made by this call: where nothing comes of it, it can be revoked. */
      isNewKey: z.boolean(),
      model: z.string(),
      variables: z.record(z.string(), z.string()),
      /** Variables that would win over these, and must not be passed on. */
      unset: z.array(z.string()),
      parameters: z.array(z.string()),
      steps: z.array(z.string()),
    }),
  }),
  'tools.changed': event({ payload: z.strictObject({ ids: z.array(z.string()) }) }),
};
