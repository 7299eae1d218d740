import { type Dialect, endpointPaths } from '#shared/domain/dialect.ts';
import type { Call } from '../call.ts';

/** The path and query at an upstream of this dialect; it begins with `/v1`. */
export function upstreamPath(call: Call, dialect: Dialect): string {
  const isTranslated = dialect !== call.dialect && dialect !== 'openai-passthrough';
  return isTranslated ? endpointPaths[dialect] : call.endpoint + call.query;
}
