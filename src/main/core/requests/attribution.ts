import type { IncomingHttpHeaders } from 'node:http';
import type { Call } from '#proxy/call.ts';
import { toolOfUserAgent } from './known-user-agents.ts';

/** What a request belongs to, as its caller names it; null where it names nothing. */
export interface Attribution {
  /** The product that sent it: its own tag, else its user agent's, else the key's label. */
  tool: string | null;
  project: string | null;
  session: string | null;
  /** The agent within the session, where there are several. */
  agent: string | null;
  /** The agent that started it. */
  parentAgent: string | null;
  /** The person's other tags, by name. */
  tags: Readonly<Record<string, string>>;
}

const tagPrefix = 'x-corvus-tag-';
/** The most exact first: a person's own tag, then what the agents send by themselves. */
const headersOf = {
  project: ['x-corvus-tag-project', 'x-opencode-project'],
  session: [
    'x-corvus-tag-session',
    'x-claude-code-session-id',
    'session_id',
    'session-id',
    'conversation_id',
    'x-session-id',
    'x-opencode-session',
    'x-session-affinity',
  ],
  agent: ['x-corvus-tag-agent', 'x-claude-code-agent-id', 'x-openai-subagent'],
  parentAgent: [
    'x-corvus-tag-parent-agent',
    'x-claude-code-parent-agent-id',
    'x-codex-parent-thread-id',
    'x-parent-session-id',
  ],
} as const;
const ownTags: ReadonlySet<string> = new Set(['tool', 'project', 'session', 'agent', 'parent-agent']);
const longestTag = 200;
const mostTags = 20;

interface AttributedCall {
  headers: IncomingHttpHeaders;
  facts: Pick<Call['facts'], 'sessionId'>;
}

/**
 * Read from the key, from headers, and from the members by which the dialects name a session; never from a prompt.
 * @param keyLabel of the key that it came with: people make one for each tool
 */
export function attributionOf({ headers, facts }: AttributedCall, keyLabel: string): Attribution {
  const named = (names: readonly string[]) =>
    names.map((name) => textOf(headers[name])).find((value) => value !== null) ?? null;
  return {
    tool: named([`${tagPrefix}tool`]) ?? toolOfUserAgent(headers['user-agent'] ?? '') ?? keyLabel,
    project: named(headersOf.project),
    session: named(headersOf.session) ?? facts.sessionId?.slice(0, longestTag) ?? null,
    agent: named(headersOf.agent),
    parentAgent: named(headersOf.parentAgent),
    tags: otherTags(headers),
  };
}

function otherTags(headers: IncomingHttpHeaders): Record<string, string> {
  const tags: [string, string][] = [];
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith(tagPrefix)) continue;
    const [name, text] = [header.slice(tagPrefix.length, tagPrefix.length + longestTag), textOf(value)];
    if (text !== null && name !== '' && !ownTags.has(name) && tags.length < mostTags) tags.push([name, text]);
  }
  return Object.fromEntries(tags);
}

function textOf(value: string | string[] | undefined): string | null {
  const text = (Array.isArray(value) ? value[0] : value)?.trim().slice(0, longestTag);
  return text ? text : null;
}
