import { CorvusError } from '#shared/errors.ts';
import { decisionSchema, orderSearchSchema, refundSchema, searchSchema } from '../../operator/operator-input.ts';
import { refundPayment, refuseOrder, settleOrder } from './change-orders.ts';
import { listOrderReports } from './report-orders.ts';
import { dismissUnprocessed, reportUnprocessed } from '../payments/unprocessed-payments.ts';
import type { OperatorEndpoint } from '../../http/endpoint.ts';
import { list, operatorRead, operatorChange } from '../../operator/operator-endpoint.ts';
import type { BillingRouteDeps } from '../billing-route-deps.ts';
import { pathId } from '../../http/read-input.ts';

/** Orders as an operator sees and decides about them, for scripts. The pages show and change the same. */
export const operatorOrdersApi: readonly OperatorEndpoint<BillingRouteDeps>[] = [
  operatorRead('orders', orderSearchSchema, async ({ services, query }) =>
    list(await listOrderReports(services.db, { show: query.show, text: query.q, limit: query.limit })),
  ),
  operatorChange('orders/:id/settle', decisionSchema, ({ context, services, operator, input }) =>
    orderReply(services, settleOrder(services, operator, { orderId: pathId(context), ...input })),
  ),
  operatorChange('orders/:id/refuse', decisionSchema, ({ context, services, operator, input }) =>
    orderReply(services, refuseOrder(services, operator, { orderId: pathId(context), ...input })),
  ),
  operatorChange('orders/:id/refund', refundSchema, ({ context, services, operator, input }) =>
    orderReply(services, refundPayment(services, operator, { orderId: pathId(context), ...input })),
  ),
  operatorRead('payments/unprocessed', searchSchema.pick({ limit: true }), async ({ services, query }) =>
    list(await reportUnprocessed(services.db, query.limit)),
  ),
  operatorChange('payments/:id/dismiss', decisionSchema, async ({ context, services, operator, input }) => {
    const id = pathId(context);
    await dismissUnprocessed(services, operator, { id, ...input });
    return { id, dismissed: true };
  }),
];

async function orderReply(services: BillingRouteDeps, changed: Promise<{ id: string }>): Promise<object> {
  const { id } = await changed;
  const [report] = await listOrderReports(services.db, { show: 'all', text: id, limit: 1 });
  if (!report) throw new CorvusError('not_found', 'There is no such order.');
  return report;
}
