import { integer, optionalText } from '../database/columns.ts';
import { int, readAll, type ReadDb } from '../database/database.ts';

/** How long a whole answer was, and who asked for it. */
export interface AnswerSize {
  outputTokens: number;
  localKeyId: string | null;
  tool: string | null;
}

/** Enough to see how long answers usually are, and few enough to be read at once. */
const mostRows = 1_000;

/** The whole answers among the latest requests for a model, newest first. */
export function readAnswerSizes(db: ReadDb, model: string): AnswerSize[] {
  const rows = readAll(
    db,
    `SELECT output_tokens, local_key_id, tool FROM
       (SELECT * FROM requests WHERE model_requested = $model ORDER BY id DESC LIMIT $most)
     WHERE status = 'completed' AND output_tokens IS NOT NULL AND lane IS NOT NULL AND usage_source <> 'missing'`,
    { model, most: int(mostRows) },
  );
  return rows.map((row) => ({
    outputTokens: integer(row, 'output_tokens'),
    localKeyId: optionalText(row, 'local_key_id'),
    tool: optionalText(row, 'tool'),
  }));
}
