import { z } from 'zod';
import { lineOf } from './line.ts';
import { usdTextSchema } from '../money-schemas.ts';

/** A member's role in an account. The service's `auth/roles.ts` defines what each role may do. */
const roleSchema = z.enum(['owner', 'admin', 'member']);
export type Role = z.infer<typeof roleSchema>;

const name = lineOf(80);

/** GET /v1/account/workspace: the account as its members see it. */
export const workspaceSchema = z.object({
  object: z.literal('workspace'),
  id: z.string(),
  name: z.string().nullable(),
  /** The role of the key that made this request. */
  role: roleSchema,
  /** The member of the key that made this request; null: the account's first key, or one that was made with it. */
  memberId: z.string().nullable(),
});

export const workspaceChangeSchema = z.strictObject({ name: name.nullable() });

export const memberSchema = z.object({
  object: z.literal('member'),
  id: z.string(),
  name: z.string(),
  role: roleSchema,
  createdAt: z.iso.datetime(),
  removedAt: z.iso.datetime().nullable(),
  /** How many of the member's keys are in use; none before the invitation is accepted. */
  liveKeys: z.int(),
});
export type Member = z.infer<typeof memberSchema>;

export const memberListSchema = z.object({ object: z.literal('list'), data: z.array(memberSchema) });

export const memberInputSchema = z.strictObject({ name, role: roleSchema.default('member') });
export const memberChangeSchema = z.strictObject({ role: roleSchema });

/** A link that gives one key, once. It appears in this reply only. */
const claimLink = { claimUrl: z.string(), claimExpiresAt: z.iso.datetime() };

/** POST /v1/account/members */
export const invitedMemberSchema = memberSchema.extend(claimLink);
export type InvitedMember = z.infer<typeof invitedMemberSchema>;

/** DELETE /v1/account/members/{id} */
export const deletedMemberSchema = z.object({ object: z.literal('member'), id: z.string(), deleted: z.literal(true) });

/** POST /v1/orders: an order of a customer without a key, who gets one through the link once it is paid. */
export const guestOrderSchema = z.object({
  object: z.literal('guest_order'),
  orderId: z.string(),
  amount: usdTextSchema,
  checkoutUrl: z.string(),
  ...claimLink,
});
