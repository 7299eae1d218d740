import type { IncomingHttpHeaders } from 'node:http';
import type { Call } from '#proxy/call.ts';

/** What a request belongs to, as its caller names it; null where it names nothing. */
export interface Attribution {
  project: string | null;
  session: string | null;
}

/** The most exact first: a person's own tag, then what the agents send by themselves. */
const sessionHeaders = ['x-corvus-tag-session', 'x-claude-code-session-id', 'session_id', 'session-id', 'conversation_id', 'x-session-id'];
const longestTag = 200;

/** Read from headers, and from the members by which the dialects name a session; never from a prompt. */
export function attributionOf({ headers, facts }: Pick<Call, 'headers' | 'facts'>): Attribution {
  const named = sessionHeaders.map((name) => tag(headers, name)).find((value) => value !== null);
  return { project: tag(headers, 'x-corvus-tag-project'), session: named ?? facts.sessionId?.slice(0, longestTag) ?? null };
}

function tag(headers: IncomingHttpHeaders, name: string): string | null {
  const value = headers[name];
  const text = (Array.isArray(value) ? value[0] : value)?.trim().slice(0, longestTag);
  return text ? text : null;
}
