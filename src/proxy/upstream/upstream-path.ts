import { conversationOf, type Dialect, endpointPaths, pathBelowVersion } from '#shared/domain/dialect.ts';
import type { Call } from '../call.ts';

/**
 * The path and query at an upstream of this dialect, below the version in its address.
 * @param model its name there
 */
export function upstreamPath(call: Call, dialect: Dialect, model: string): string {
  const { isStream } = call.facts;
  const isTranslated = dialect !== call.dialect && dialect !== 'openai-passthrough';
  if (isTranslated) return pathBelowVersion(endpointPaths[dialect], { model, isStream });
  const path = pathBelowVersion(call.endpoint, { model, isStream });
  if (conversationOf(dialect) !== 'gemini' || call.query === '') return path + call.query;
  return path + (path.includes('?') ? call.query.replace('?', '&') : call.query);
}
