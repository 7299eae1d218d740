import { type Dialect, endpointPaths } from '#shared/domain/dialect.ts';
import type { Call } from '../call.ts';

/** Path and query under which an upstream that is spoken to in this dialect takes the call; it begins with `/v1`. */
export function upstreamPath(call: Call, dialect: Dialect): string {
  const isTranslated = dialect !== call.dialect && dialect !== 'openai-passthrough';
  return isTranslated ? endpointPaths[dialect] : call.endpoint + call.query;
}
