import * as mirror from './account-mirror-table.ts';
import * as lines from './ledger-lines-table.ts';
import { insertLocalKey, listLocalKeys, limitLocalKey, revokeLocalKey } from './local-keys-table.ts';
import { insertProvider, listProviders, removeProvider, setProviderKeyHint, setProviderTest } from './providers-table.ts';
import { listRequests, readFacets } from './request-list.ts';
import { countRefused, deleteRefusedBefore, readRefused } from './refused-calls-table.ts';
import * as requests from './requests-table.ts';
import { sumSpans } from './rollups-table.ts';
import { readSetting, writeSetting } from './settings-table.ts';
import { checkPart, checkReceipt, saveReceipt } from './statement-table.ts';

/** What the reading thread can be asked. */
export const readOperations = {
  'requests.list': listRequests,
  'requests.get': requests.readRequest,
  'requests.facets': readFacets,
  'requests.prepaidCostSince': requests.prepaidCostSince,
  'refusals.list': readRefused,
  'rollups.sum': sumSpans,
  'localKeys.list': listLocalKeys,
  'providers.list': listProviders,
  'settings.read': readSetting,
  'mirror.snapshot': mirror.readSnapshot,
  'mirror.cursor': lines.readLedgerCursor,
  'mirror.lines': lines.listLedgerLines,
  'mirror.formerLines': lines.listFormerLines,
  'mirror.checkPart': checkPart,
  'mirror.checkReceipt': checkReceipt,
  'mirror.orders': mirror.listOrders,
};

/** What the writing thread can be asked. Calls that travel together are one transaction. */
export const writeOperations = {
  'requests.begin': requests.beginRequest,
  'requests.finish': requests.finishRequest,
  'requests.refuse': requests.refuseRequest,
  'requests.settle': requests.settleRequest,
  'requests.closeOpen': requests.closeOpenRequests,
  'requests.deleteBefore': requests.deleteRequestsBefore,
  'refusals.count': countRefused,
  'refusals.deleteBefore': deleteRefusedBefore,
  'localKeys.insert': insertLocalKey,
  'localKeys.limit': limitLocalKey,
  'localKeys.revoke': revokeLocalKey,
  'providers.insert': insertProvider,
  'providers.remove': removeProvider,
  'providers.setKeyHint': setProviderKeyHint,
  'providers.setTest': setProviderTest,
  'settings.write': writeSetting,
  'mirror.applyLines': lines.applyLedgerLines,
  'mirror.forgetLedger': lines.forgetLedger,
  'mirror.acceptFormerLines': lines.acceptFormerLines,
  'mirror.saveReceipt': saveReceipt,
  'mirror.saveSnapshot': mirror.saveSnapshot,
  'mirror.saveOrders': mirror.saveOrders,
};

export type ReadOperations = typeof readOperations;
export type WriteOperations = typeof writeOperations;
