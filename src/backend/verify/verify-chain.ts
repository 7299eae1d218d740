import { hash } from 'node:crypto';
import { sql } from 'kysely';
import { lineText, receiptText } from '#shared/account/proof.ts';
import { nanoUsd } from '#shared/money.ts';
import { ledgerLineOf, provenOf } from '../store/row-views.ts';
import type { Db } from '../database/open-database.ts';
import type { StatementLineRow } from '../database/schema.ts';
import { transferText } from '../ledger/chain.ts';

const pageSize = 5_000n;

interface Link {
  accountId: string;
  position: bigint;
  /** The hash that the row has. */
  hash: string;
  /** The row's name in a fault. */
  name: string;
  textAfter(previousHash: string): string;
}

interface Head {
  id: string;
  position: bigint;
  hash: string;
}

/**
 * Every transfer and every statement line is as it was written, none is missing, and every receipt is the one its line
 * was written for.
 */
export async function chainFaults(db: Db): Promise<string[]> {
  return [
    ...(await walk(() => movementHeads(db), 'movements', transferPages(db))),
    ...(await walk(() => statementHeads(db), 'statement', linePages(db))),
    ...(await receiptFaults(db)),
  ];
}

async function movementHeads(db: Db): Promise<Head[]> {
  const accounts = await db.selectFrom('customer_accounts').select(['id', 'chain_length', 'chain_hash']).execute();
  return accounts.map((row) => ({ id: row.id, position: row.chain_length, hash: row.chain_hash }));
}

async function statementHeads(db: Db): Promise<Head[]> {
  const accounts = await db.selectFrom('customer_accounts').select(['id', 'line_count', 'line_hash']).execute();
  return accounts.map((row) => ({ id: row.id, position: row.line_count, hash: row.line_hash }));
}

async function walk(
  readHeads: () => Promise<Head[]>,
  name: string,
  pages: AsyncIterable<readonly Link[]>,
): Promise<string[]> {
  const heads = await readHeads();
  const faults: string[] = [];
  const later = new Map<string, Link>();
  const ends = new Map<string, { position: bigint; hash: string }>();
  const known = new Map(heads.map((head) => [head.id, head.position]));
  for await (const page of pages) {
    for (const link of page) {
      // Written during this reading: the next verification checks it, if the account's head has moved as well.
      if (link.position > (known.get(link.accountId) ?? 0n)) {
        later.set(link.accountId, link);
        continue;
      }
      const before = ends.get(link.accountId);
      const position = before?.position ?? 0n;
      if (link.position !== position + 1n)
        faults.push(`${link.name} follows number ${position} of ${name}: rows are missing.`);
      if (hash('sha256', link.textAfter(before?.hash ?? '')) !== link.hash)
        faults.push(`${link.name} or the row before it was changed: the hash does not fit.`);
      ends.set(link.accountId, { position: link.position, hash: link.hash });
    }
  }
  for (const head of later.size > 0 ? await readHeads() : []) {
    const link = later.get(head.id);
    if (link && link.position > head.position)
      faults.push(`${link.name} stands behind the end of the ${name}: it was put in.`);
  }
  for (const head of heads) {
    const end = ends.get(head.id) ?? { position: 0n, hash: '' };
    if (end.position !== head.position || end.hash !== head.hash) {
      faults.push(
        `The ${name} of ${head.id} end at number ${end.position}; the account says ${head.position}. The last rows were changed or are missing.`,
      );
    }
  }
  return faults;
}

async function* transferPages(db: Db): AsyncGenerator<Link[]> {
  let after: [string, bigint] = ['', 0n];
  for (;;) {
    const rows = await db
      .selectFrom('ledger_transfers')
      .selectAll()
      .where(sql<boolean>`(account_id, chain_position) > (${after[0]}, ${after[1]})`)
      .orderBy('account_id')
      .orderBy('chain_position')
      .limit(pageSize)
      .execute();
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map((row) => {
      const transfer = {
        id: row.id,
        kind: row.kind,
        debitId: row.debit_id,
        creditId: row.credit_id,
        amount: nanoUsd(row.amount),
        requestId: row.request_id,
        orderId: row.order_id,
      };
      const textAfter = (hash: string): string => transferText(hash, row.chain_position, transfer, Number(row.at_ms));
      return {
        accountId: row.account_id,
        position: row.chain_position,
        hash: row.chain_hash,
        name: `Movement ${row.id}`,
        textAfter,
      };
    });
    after = [last.account_id, last.chain_position];
  }
}

async function* linePages(db: Db): AsyncGenerator<Link[]> {
  for await (const rows of statementPages(db)) {
    yield rows.map((row) => ({
      accountId: row.account_id,
      position: row.sequence,
      hash: row.line_hash,
      name: `Line ${row.sequence} of ${row.account_id}`,
      textAfter: (hash) => lineText(hash, ledgerLineOf(row)),
    }));
  }
}

async function receiptFaults(db: Db): Promise<string[]> {
  const faults: string[] = [];
  for await (const rows of statementPages(db)) {
    const hashes = new Map(
      rows.flatMap(({ request_id: id, receipt_hash: hash }) => (id !== null && hash !== null ? [[id, hash]] : [])),
    );
    if (hashes.size === 0) continue;
    const requests = await db
      .selectFrom('requests')
      .selectAll()
      .where('id', 'in', [...hashes.keys()])
      .execute();
    for (const request of requests) {
      if (hash('sha256', receiptText(provenOf(request))) !== hashes.get(request.id))
        faults.push(`${request.id} is not what its statement line was written for.`);
      hashes.delete(request.id);
    }
    faults.push(...[...hashes.keys()].map((id) => `${id} is on a statement and does not exist.`));
  }
  return faults;
}

async function* statementPages(db: Db): AsyncGenerator<StatementLineRow[]> {
  let after: [string, bigint] = ['', 0n];
  for (;;) {
    const rows = await db
      .selectFrom('statement_lines')
      .selectAll()
      .where(sql<boolean>`(account_id, sequence) > (${after[0]}, ${after[1]})`)
      .orderBy('account_id')
      .orderBy('sequence')
      .limit(pageSize)
      .execute();
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    after = [last.account_id, last.sequence];
  }
}
