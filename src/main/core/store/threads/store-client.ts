import { CorvusError } from '#shared/errors.ts';
import { type Call, type CallResult, failureError } from './channel.ts';
import { captureOperations } from '../requests/captures.ts';
import {
  type ReadOperations,
  readOperations,
  shortReads,
  wholeReads,
  type WriteOperations,
  writeOperations,
} from '../operations.ts';

type GroupOf<Name> = Name extends `${infer Group}.${string}` ? Group : never;
type Caller<Operation> = Operation extends (db: never, ...args: infer Args) => infer Output
  ? (...args: Args) => Promise<Output>
  : never;

/** A table of operations as their callers see it: `group.method` without its connection, answered by another thread. */
export type ClientOf<Table> = {
  readonly [Group in GroupOf<keyof Table>]: {
    readonly [Name in keyof Table as Name extends `${Group}.${infer Method}` ? Method : never]: Caller<Table[Name]>;
  };
};

/** Runs calls in one of the threads; a refusal is in its result. */
export interface CallSender {
  send(calls: readonly Call[]): Promise<CallResult[]>;
}

/** Where the operations of each table run. */
export interface CallSenders {
  reads: CallSender;
  wholeReads: CallSender;
  captures: CallSender;
  shortReads: CallSender;
  writes: CallSender;
}

/** Every operation that is called directly, each in the thread of its table. */
export type StoreClient = ClientOf<ReadOperations & WriteOperations & typeof captureOperations>;

/**
 * Makes the client out of the names in the tables, so an operation needs nothing beside its line there. The groups are
 * plain objects: callers can spread and replace their methods, and what is in no table is not there.
 */
export function createStoreClient(senders: CallSenders): StoreClient {
  const groups: Record<string, Record<string, (...args: unknown[]) => Promise<unknown>>> = {};
  const add = (sender: CallSender, names: readonly string[]) => {
    for (const name of names) {
      const [group = '', method = ''] = name.split('.');
      (groups[group] ??= {})[method] = (...args) => run(sender, [name, ...args]);
    }
  };
  add(senders.reads, Object.keys(readOperations));
  add(senders.wholeReads, Object.keys(wholeReads));
  add(senders.captures, Object.keys(captureOperations));
  add(senders.shortReads, Object.keys(shortReads));
  add(senders.writes, Object.keys(writeOperations));
  // Each method sends its own name and arguments, and the thread runs the operation of that name.
  return groups as StoreClient;
}

/** Throws what the operation refused. */
async function run(sender: CallSender, call: Call): Promise<unknown> {
  const [result] = await sender.send([call]);
  if (!result) throw new CorvusError('internal_error');
  if (!result.ok) throw failureError(result.failure);
  return result.value;
}
