import { z } from 'zod';
import { accountSchema } from '#shared/account/account.ts';
import { autoTopupSchema } from '#shared/account/auto-topup.ts';
import { errorReplySchema } from '#shared/account/error-reply.ts';
import { customerKeySchema } from '#shared/account/keys.ts';
import { ledgerLineSchema } from '#shared/account/ledger.ts';
import { anthropicModelSchema, modelSchema } from '#shared/account/models.ts';
import { orderSchema } from '#shared/account/orders.ts';
import { documentSchema } from '#shared/account/billing-documents.ts';
import { receiptSchema } from '#shared/account/receipt.ts';
import { unitPricesSchema } from '#shared/metering/price-usage.ts';
import { usageSchema } from '#shared/metering/usage.ts';
import { usdTextSchema } from '#shared/money-schemas.ts';

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** Fills itself with the schemas that have names, as they are met. */
export type Components = Record<string, JsonSchema>;

/**
 * A schema as the document states it. What is sent (`input`) is stated as strictly as it is checked; replies (`output`)
 * may grow members, so the document does not rule out others.
 */
export function writeSchema(schema: z.ZodType, io: 'input' | 'output', components: Components): JsonSchema {
  // Within another one, so that a schema with a name becomes a reference as well.
  const written = z.toJSONSchema(z.object({ schema }), {
    io,
    metadata: componentNames,
    override: ({ jsonSchema }) => simplify(jsonSchema, io),
  });
  const { $defs = {}, properties = {} } = pointedAtComponents(written);
  for (const [name, component] of Object.entries($defs)) components[name] = component;
  const { schema: own } = properties;
  if (own === undefined || typeof own === 'boolean') throw new Error('a schema was written as nothing');
  return own;
}

/** Leaves out what would only say in other words that a time is a time, and that numbers in JSON have limits. */
function simplify(schema: JsonSchema, io: 'input' | 'output'): void {
  if (schema.format === 'date-time' || schema.format === 'date') delete schema.pattern;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (io === 'output' && schema.additionalProperties === false) delete schema.additionalProperties;
}

function pointedAtComponents(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as JsonSchema;
}

/** What the document calls the things that several replies are made of; any other schema stands where it is used. */
const componentNames = z.registry<{ id: string; format?: string; description?: string; examples?: string[] }>();

componentNames
  .add(accountSchema, { id: 'Account' })
  .add(anthropicModelSchema, { id: 'AnthropicModel' })
  .add(autoTopupSchema, { id: 'AutoTopup' })
  .add(documentSchema, { id: 'BillingDocument' })
  .add(customerKeySchema, { id: 'CustomerKey' })
  .add(errorReplySchema, { id: 'Error' })
  .add(ledgerLineSchema, { id: 'LedgerLine' })
  .add(modelSchema, { id: 'Model' })
  .add(orderSchema, { id: 'Order' })
  .add(receiptSchema, { id: 'Receipt' })
  .add(unitPricesSchema, { id: 'UnitPrices' })
  .add(usageSchema, { id: 'Usage' })
  .add(usdTextSchema, {
    id: 'Usd',
    format: 'decimal',
    description: 'US dollars, exact, with at most nine decimals.',
    examples: ['12.34'],
  });
