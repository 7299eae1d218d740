import {
  addToTurn,
  type CallPart,
  type Part,
  type ResultPart,
  textOfResult,
  textPart,
  type Turn,
} from './conversation.ts';

/** A call, and the id that its client knows it by. */
interface Called {
  givenId: string;
  call: CallPart;
}

/**
 * Every call with one result, right after its turn: servers refuse anything else. Clients send results twice, late, or
 * not at all, such as when a person interrupted a tool or a conversation was shortened. A result without its call is
 * said as text.
 */
export function withPairedResults(turns: readonly Turn[]): Turn[] {
  const called: Called[][] = [];
  const results = new Map<CallPart, ResultPart>();

  /**
   * Some servers use the same ids in every turn, or one id for all calls: then results are in the order of the calls.
   */
  function callOf(id: string): CallPart | undefined {
    const calls = called
      .map((turn) => turn.filter(({ givenId }) => givenId === id))
      .findLast(({ length }) => length > 0);
    return (calls?.find(({ call }) => !results.has(call)) ?? calls?.at(-1))?.call;
  }

  function take(part: Part): Part[] {
    if (part.kind !== 'result') return [part];
    const call = callOf(part.callId);
    if (!call) return withoutCall(part);
    const known = results.get(call);
    // Not every dialect states the kind of tool with a result.
    results.set(call, known ? joined(known, part) : { ...part, callId: call.id, isCustom: call.isCustom });
    return [];
  }

  const rest = turns.map(({ role, parts }): Turn => {
    if (role !== 'assistant') return { role, parts: parts.flatMap(take) };
    const distinct = withDistinctIds(parts);
    called.push(distinct.called);
    return { role, parts: distinct.parts.flatMap(take) };
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

/** Servers refuse two calls of one turn with the same id. */
function withDistinctIds(parts: readonly Part[]): { parts: Part[]; called: Called[] } {
  const given = new Set(callsOf(parts).map(({ id }) => id));
  const used = new Set<string>();
  const called: Called[] = [];
  const distinct = parts.map((part) => {
    if (part.kind !== 'call') return part;
    let { id } = part;
    for (let number = 2; used.has(id) || (id !== part.id && given.has(id)); number += 1) id = `${part.id}_${number}`;
    used.add(id);
    const call = id === part.id ? part : { ...part, id };
    called.push({ givenId: part.id, call });
    return call;
  });
  return { parts: distinct, called };
}

function callsOf(parts: readonly Part[]): CallPart[] {
  return parts.filter((part) => part.kind === 'call');
}

function withoutCall({ callId, parts }: ResultPart): Part[] {
  return [textPart(`[Result of ${callId}]\n${textOfResult(parts)}`), ...parts.filter(({ kind }) => kind !== 'text')];
}

/** A repeated result adds nothing. */
function joined(known: ResultPart, later: ResultPart): ResultPart {
  if (JSON.stringify(known.parts) === JSON.stringify(later.parts)) return known;
  return { ...known, parts: [...known.parts, ...later.parts], isError: later.isError };
}

function missing({ id, isCustom }: CallPart): ResultPart {
  const text = 'The call was not finished; there is no result.';
  return { kind: 'result', callId: id, parts: [textPart(text)], isError: true, isCustom, cache: null };
}
