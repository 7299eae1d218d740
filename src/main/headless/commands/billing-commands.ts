import { InvalidArgumentError } from 'commander';
import { failureWords } from '#shared/account/orders.ts';
import type { Output } from '#shared/contract/contract.ts';
import { callAndPrint } from '../call-and-print.ts';
import { table } from '../output.ts';
import type { CommandLine } from '../program.ts';
import * as render from '../render.ts';

/** `corvusllm topup` and `corvusllm orders` */
export function addBillingCommands({ program, context }: CommandLine): void {
  program
    .command('topup')
    .description('Order credit and print the payment page')
    .argument('<amount>', 'Amount in US dollars, such as 10.00', parseAmount)
    .action((amount: string) => callAndPrint(context(), 'billing.topup', { amount }, render.renderOrder));
  program
    .command('orders')
    .description('List top-ups: their state, and where those that wait are paid')
    .action(() => callAndPrint(context(), 'billing.orders', undefined, renderOrders));
}

function renderOrders(orders: Output<'billing.orders'>): string {
  if (orders.length === 0) return 'No top-ups yet.';
  return table(
    ['TIME', 'ORDER', 'USD ', 'STATE', 'BY', 'TAKEN BACK ', 'NOTE'],
    orders.map(({ createdAt, id, amount, status, origin, takenBack, failure, checkoutUrl }) => [
      render.time(Date.parse(createdAt)),
      id,
      amount,
      status,
      origin,
      takenBack,
      failure === null ? (status === 'created' ? checkoutUrl : '') : failureWords(failure),
    ]),
  );
}

function parseAmount(text: string): string {
  if (/^\d{1,9}(\.\d{1,2})?$/.test(text)) return text;
  throw new InvalidArgumentError('It must be an amount such as 10.00.');
}
