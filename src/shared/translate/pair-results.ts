import { addToTurn, type CallPart, type Part, type ResultPart, textOf, textPart, type Turn } from './conversation.ts';

/**
 * Every call with one result, right after its turn: servers refuse anything else. Clients send results twice, late, or not at all, such as when
 * a person interrupted a tool or a conversation was shortened. A result without its call is said as text.
 */
export function withPairedResults(turns: readonly Turn[]): Turn[] {
  const called: CallPart[] = [];
  const results = new Map<CallPart, ResultPart>();

  function take(part: Part): Part[] {
    if (part.kind !== 'result') return [part];
    // Some servers use the same ids in every turn.
    const call = called.findLast(({ id }) => id === part.callId);
    if (!call) return withoutCall(part);
    const known = results.get(call);
    results.set(call, known ? joined(known, part) : part);
    return [];
  }

  const rest = turns.map(({ role, parts }): Turn => {
    if (role === 'assistant') called.push(...callsOf(parts));
    return { role, parts: parts.flatMap(take) };
  });
  const paired: Turn[] = [];
  for (const { role, parts } of rest) {
    addToTurn(paired, role, parts);
    if (role === 'assistant') {
      const answers = callsOf(parts).map((call) => results.get(call) ?? missing(call));
      addToTurn(paired, 'user', answers);
    }
  }
  return paired;
}

function callsOf(parts: readonly Part[]): CallPart[] {
  return parts.filter((part) => part.kind === 'call');
}

function withoutCall({ callId, parts }: ResultPart): Part[] {
  return [textPart(`[Result of ${callId}]\n${textOf(parts)}`), ...parts.filter(({ kind }) => kind !== 'text')];
}

/** What is sent again says nothing new. */
function joined(known: ResultPart, later: ResultPart): ResultPart {
  if (JSON.stringify(known.parts) === JSON.stringify(later.parts)) return known;
  return { ...known, parts: [...known.parts, ...later.parts], isError: later.isError };
}

function missing({ id, isCustom }: CallPart): ResultPart {
  const text = 'The call was not finished; there is no result.';
  return { kind: 'result', callId: id, parts: [textPart(text)], isError: true, isCustom, cache: null };
}
