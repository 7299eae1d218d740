import * as mirror from './statement/account-mirror-table.ts';
import { createBackup, listBackups } from './storage/backup.ts';
import type { ReadDb, WriteDb } from './database/database.ts';
import * as envelopes from './tables/envelopes-table.ts';
import * as lines from './statement/ledger-lines-table.ts';
import {
  insertLocalKey,
  limitLocalKey,
  listLocalKeys,
  revokeLocalKey,
  steadyLocalKey,
} from './tables/local-keys-table.ts';
import {
  insertProvider,
  listProviders,
  removeProvider,
  setProviderKeys,
  setProviderModels,
  setProviderProxy,
  setProviderTest,
} from './tables/providers-table.ts';
import { countRefused, deleteRefusedBefore, readRefused } from './requests/refused-calls-table.ts';
import * as repeats from './tables/repeats-table.ts';
import { readAnswerSizes } from './requests/answer-sizes.ts';
import { countMatches, dearestCacheBreaks, exportRequests, listRequests, readFacets } from './requests/request-list.ts';
import * as requests from './requests/requests-table.ts';
import { sumRequests } from './requests/request-sums.ts';
import { quarterCosts, sumBilled, sumSpans } from './requests/rollups-table.ts';
import { readSize } from './storage/read-size.ts';
import { readSetting, writeSetting } from './tables/settings-table.ts';
import * as turnStates from './tables/turn-states-table.ts';
import { checkPart, checkReceipt, saveReceipt } from './statement/statement-table.ts';

/**
 * What one thread runs, by name. A function that changes rows needs a `WriteDb`, so it cannot be in a table of reads.
 */
export type Operations<Db> = Readonly<Record<string, (db: Db, ...args: never[]) => unknown>>;

/** Long queries, run by the reading thread. */
export const readOperations = {
  'requests.list': listRequests,
  'requests.export': exportRequests,
  'requests.cacheBreaks': dearestCacheBreaks,
  'requests.get': requests.readRequest,
  'requests.answer': requests.findAnswer,
  'requests.sum': sumRequests,
  'requests.facets': readFacets,
  'requests.matches': countMatches,
  'requests.answerSizes': readAnswerSizes,
  'requests.prepaidCostSince': requests.prepaidCostSince,
  'refusals.list': readRefused,
  'repeats.list': repeats.listRepeats,
  'rollups.sum': sumSpans,
  'rollups.quarterCosts': quarterCosts,
  'rollups.billed': sumBilled,
  'mirror.lines': lines.listLedgerLines,
  'mirror.formerLines': lines.listFormerLines,
  'mirror.movements': lines.sumMovements,
  'mirror.checkPart': checkPart,
  'mirror.checkReceipt': checkReceipt,
  'mirror.orders': mirror.listOrders,
  'backups.list': listBackups,
} satisfies Operations<ReadDb>;

/** Reads of the whole file, each run by a thread of its own, which ends with it. */
export const wholeReads = {
  'backups.create': createBackup,
} satisfies Operations<ReadDb>;

/** Reads of a few rows that every start needs. They run in the writing thread, and failed writes do not stop them. */
export const shortReads = {
  'localKeys.list': listLocalKeys,
  'envelopes.list': envelopes.listEnvelopes,
  'envelopes.spend': envelopes.readEnvelopeSpend,
  'envelopes.unconfirmed': envelopes.listUnconfirmedSpend,
  'providers.list': listProviders,
  'settings.read': readSetting,
  'storage.size': readSize,
  'turnStates.find': turnStates.findTurnStates,
  'mirror.snapshot': mirror.readSnapshot,
  'mirror.cursor': lines.readLedgerCursor,
} satisfies Operations<ReadDb>;

/** Run by the writing thread. Calls that travel together are one transaction. */
export const writeOperations = {
  'requests.closeOpen': requests.closeOpenRequests,
  'requests.deleteBefore': requests.deleteRequestsBefore,
  'mirror.missCharges': requests.missCharges,
  'refusals.count': countRefused,
  'refusals.deleteBefore': deleteRefusedBefore,
  'repeats.count': repeats.countRepeats,
  'repeats.deleteBefore': repeats.deleteRepeatsBefore,
  'localKeys.insert': insertLocalKey,
  'localKeys.limit': limitLocalKey,
  'localKeys.steady': steadyLocalKey,
  'localKeys.revoke': revokeLocalKey,
  'envelopes.put': envelopes.putEnvelope,
  'envelopes.remove': envelopes.removeEnvelope,
  'envelopes.noteWarning': envelopes.noteEnvelopeWarning,
  'providers.insert': insertProvider,
  'providers.remove': removeProvider,
  'providers.setKeys': setProviderKeys,
  'providers.setProxy': setProviderProxy,
  'providers.setTest': setProviderTest,
  'providers.setModels': setProviderModels,
  'settings.write': writeSetting,
  'turnStates.keep': turnStates.keepTurnState,
  'turnStates.forget': turnStates.forgetTurnStates,
  'turnStates.deleteBefore': turnStates.deleteTurnStatesBefore,
  'mirror.applyLines': lines.applyLedgerLines,
  'mirror.forgetLedger': lines.forgetLedger,
  'mirror.acceptFormerLines': lines.acceptFormerLines,
  'mirror.saveReceipt': saveReceipt,
  'mirror.saveSnapshot': mirror.saveSnapshot,
  'mirror.saveOrders': mirror.saveOrders,
} satisfies Operations<WriteDb>;

/** Reads of what the journal's records change. The others need not wait for records. */
export const readsOfRecords: ReadonlySet<string> = new Set<keyof ReadOperations>([
  'requests.list',
  'requests.export',
  'requests.cacheBreaks',
  'requests.get',
  'requests.answer',
  'requests.sum',
  'requests.facets',
  'requests.matches',
  'requests.answerSizes',
  'requests.prepaidCostSince',
  'rollups.sum',
  'rollups.billed',
  'mirror.lines',
  'localKeys.list',
  'backups.create',
]);

export type ReadOperations = typeof readOperations & typeof wholeReads & typeof shortReads;
export type WriteOperations = typeof writeOperations;
