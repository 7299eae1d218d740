import { noFilter } from '#shared/contract/requests.ts';
import type { CommandContext } from './call-and-print.ts';
import { connect } from './connection.ts';
import { printResult } from './output.ts';
import { renderRequests } from './render.ts';

/** The latest requests, and the calls that were refused before they became one. */
export async function printRequests({ home, isJson, io }: CommandContext, limit: number): Promise<void> {
  const connection = await connect(home);
  try {
    const page = await connection.call('requests.list', { filter: noFilter, cursor: null, limit });
    const refused = await connection.call('requests.refusals', undefined);
    await printResult(io, isJson, { ...page, refused }, () => renderRequests(page, refused));
  } finally {
    await connection.close();
  }
}
