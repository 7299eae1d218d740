import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { callNames } from '#shared/contract/names.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'src', 'main', 'headless');
const commands = globSync('**/*.ts', { cwd: folder })
  .map((file) => readFileSync(join(folder, file), 'utf8'))
  .join('\n');

/** Calls of pages whose result a script has by another command. */
const elsewhere: readonly string[] = [
  'requests.facets', // the values of filters: `usage --by`
  'requests.matches', // counts by charge: `requests --charge`
  'account.verify-receipt', // `verify` checks every receipt
  'billing.open-checkout', // `topup` and `orders` print the address
  'storage.size', // the size of a file in the data folder
  'links.pending', // `open-link` shows what it opens
];

test('whatever a page can do, a command does too', () => {
  expect(callNames.filter((name) => !commands.includes(`'${name}'`))).toEqual(elsewhere);
});
