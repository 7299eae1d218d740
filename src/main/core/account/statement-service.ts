import type { Handlers } from '#shared/contract/contract.ts';
import type { StatementReport } from '#shared/account/statement-report.ts';
import { CorvusError } from '#shared/errors.ts';
import type { AccountLink } from './account-link.ts';
import type { Emit } from '../emit.ts';

export interface StatementService {
  handlers: Pick<Handlers, 'account.verify' | 'account.verify-receipt' | 'account.take-over-statement'>;
  /** Called by the link. */
  onReport(report: StatementReport | null): void;
}

const noStatement: StatementReport = {
  status: 'none',
  lines: 0,
  provenLines: 0,
  receipts: 0,
  firstFault: null,
  formerLines: [],
};

/** What this machine can prove about the account's statement on its own. */
export function createStatementService({
  link,
  emit,
}: {
  link: Pick<AccountLink, 'statement'>;
  emit: Emit;
}): StatementService {
  let lastReported: StatementReport | null = null;

  const handlers = {
    'account.verify': async ({ fromStart }) => (await link.statement()?.verify(fromStart)) ?? noStatement,
    'account.verify-receipt': async ({ id }) =>
      (await link.statement()?.verifyReceipt(id)) ?? { status: 'missing', fault: null },
    async 'account.take-over-statement'() {
      const statement = link.statement();
      if (!statement) throw new CorvusError('no_lane', 'No account is connected. Connect one under Settings.');
      return statement.takeOverStatement();
    },
  } satisfies StatementService['handlers'];

  return {
    handlers,
    onReport(report) {
      if (report === lastReported) return;
      lastReported = report;
      emit('account.statement-checked', report ?? noStatement);
    },
  };
}
