import { cacheBreakText } from '#shared/account/cache-break-text.ts';
import type { CacheBreak } from '#shared/account/cache-breaks.ts';
import { chargeFaultText } from '#shared/account/charge-faults.ts';
import type { ChargeMatch } from '#shared/account/request.ts';
import type { Output } from '#shared/contract/contract.ts';
import { facts, plainText, table } from './output.ts';
import { statusOf, time } from './render.ts';

const unknown = '-';

function belongings({ tool, project, session, agent, parentAgent, tags }: Output<'requests.get'>): [string, string][] {
  const named = Object.entries({
    Tool: tool,
    Project: project,
    Session: session,
    Agent: agent,
    'Started by': parentAgent,
  });
  const known = named.flatMap(([name, value]): [string, string][] => (value === null ? [] : [[name, value]]));
  return [
    ...known,
    ...Object.entries(tags).map(([name, value]): [string, string] => [`Tag ${plainText(name)}`, value]),
  ];
}

function chargeText(match: ChargeMatch): string {
  return match === 'agrees'
    ? 'verified: metered here, on the receipt and in the balance'
    : chargeFaultText[match].sentence;
}

function cacheLines(found: CacheBreak | null): [string, string][] {
  if (!found) return [];
  const { cause, advice } = cacheBreakText(found);
  return [['Cache', `lost ${found.tokens} tokens, ${found.lost} USD. ${cause} ${advice} Turn before: ${found.before}`]];
}

/** One request in full: how it ended and why, its attempts, its tokens and its cost. */
export function renderRequest(request: Output<'requests.get'>): string {
  const { usage, attempts, parts, errorMessage } = request;
  const tokens = Object.entries(usage ?? {}).flatMap(([bucket, count]) =>
    typeof count === 'number' && count > 0 ? [[`  ${bucket}`, String(count)] as const] : [],
  );
  const summary = facts([
    ['Request', request.id],
    ['Time', time(request.createdAtMs)],
    ['Status', statusOf(request)],
    ...(errorMessage === null ? [] : [['Why', errorMessage] as const]),
    ['Key', request.localKeyLabel ?? unknown],
    ['Client', request.userAgent ?? unknown],
    ...belongings(request),
    ['Endpoint', request.endpoint],
    ['Model', request.modelRequested],
    ['Answered by', `${request.modelServed ?? unknown} (${request.provider ?? unknown}, ${request.lane ?? 'no lane'})`],
    ['Finish', request.finishReason ?? unknown],
    ['Duration', request.totalMs === null ? unknown : `${Math.round(request.totalMs)} ms`],
    ['Cost', `${request.cost ?? unknown} USD (${request.costKind})`],
    ...cacheLines(request.cacheBreak),
    ...(request.match === null ? [] : [['Charge', chargeText(request.match)] as const]),
    ['Balance after', request.balanceAfter === null ? unknown : `${request.balanceAfter} USD`],
    ...tokens,
  ]);
  const tries = table(
    ['ATTEMPT ', 'PROVIDER', 'MODEL', 'HTTP ', 'MS ', 'ERROR'],
    attempts.map(({ number, provider, model, httpStatus, totalMs, errorCode }) => [
      String(number),
      provider,
      model ?? unknown,
      httpStatus === null ? unknown : String(httpStatus),
      String(Math.round(totalMs)),
      errorCode ?? unknown,
    ]),
  );
  const partIds = parts.map(({ id }) => plainText(id)).join('\n  ');
  return [
    summary,
    ...(attempts.length > 0 ? [tries] : []),
    ...(parts.length > 0 ? [`Sub-requests\n  ${partIds}`] : []),
  ].join('\n\n');
}
