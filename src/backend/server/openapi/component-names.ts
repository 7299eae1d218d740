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
import { usdTextSchema } from '#shared/money.ts';

/** What the document calls the things that several replies are made of; any other schema stands where it is used. */
export const componentNames = z.registry<{ id: string; format?: string; description?: string; examples?: string[] }>();

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
