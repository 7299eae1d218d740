import type { UpstreamHealth } from './circuit-breaker.ts';

/** An upstream with a credential, as far as choosing between several is concerned. */
export interface UpstreamCandidate {
  /** Its health is stored under this key; a changed credential has another one, and starts fresh. */
  key: string;
  /** Shown in attempts. */
  name: string;
  /** The model that it serves, at whose provider: a session stays with it. */
  model: string;
  /** Lower comes first. Candidates of one priority share the load by weight. */
  priority: number;
  weight: number;
}

/** Larger than all priorities of one group. */
const tierStep = 1_000_000_000;

/** A candidate of one of several groups: every healthy one of a group comes before those of the next. */
export function inTier<Candidate extends Pick<UpstreamCandidate, 'priority'>>(
  candidate: Candidate,
  tier: number,
): Candidate {
  return { ...candidate, priority: tier * tierStep + candidate.priority };
}

export interface OrderOptions {
  nowMs: number;
  /** In [0, 1): decides between candidates of one priority. */
  share: number;
  /** The share is a session's: while its own candidate fails, the session goes to the same other one every time. */
  isOfSession: boolean;
  /**
   * Tried first while they are healthy: those that a session stays with, so that the upstream's prompt cache stays
   * warm.
   */
  isSticky?(candidate: UpstreamCandidate): boolean;
  /**
   * Whether those that are refused, rate-limited or out of money are still a last resort. Otherwise they are left out.
   */
  keepsOut: boolean;
}

/** The order in which to try candidates: by priority and weight, failing ones last. */
export function orderCandidates<Candidate extends UpstreamCandidate>(
  candidates: readonly Candidate[],
  healthOf: (candidate: Candidate) => UpstreamHealth,
  { nowMs, share, isOfSession, isSticky = () => false, keepsOut }: OrderOptions,
): Candidate[] {
  const isWell = (candidate: Candidate): boolean => healthOf(candidate).coolUntilMs <= nowMs;
  const [only, second] = candidates;
  if (only && !second && isWell(only)) return [only];
  const broken = candidates.filter((candidate) => !isWell(candidate) && (keepsOut || !healthOf(candidate).isOut));
  const priorities = [...new Set(candidates.map(({ priority }) => priority))].sort((a, b) => a - b);
  const ordered = priorities.flatMap((priority) => {
    const equals = candidates.filter((candidate) => candidate.priority === priority);
    // Without a session, the load of a failing one is spread over the others by weight.
    return isOfSession ? rotate(equals, share).filter(isWell) : rotate(equals.filter(isWell), share);
  });
  return [
    ...ordered.filter(isSticky),
    ...ordered.filter((candidate) => !isSticky(candidate)),
    ...broken.sort((a, b) => lastResort(healthOf(a), healthOf(b))),
  ];
}

/** Those that merely failed come before those that cannot answer, and the soonest first. */
function lastResort(a: UpstreamHealth, b: UpstreamHealth): number {
  return Number(a.isOut) - Number(b.isOut) || a.coolUntilMs - b.coolUntilMs;
}

/** Starts the round at the candidate whose weight the share falls on. */
function rotate<Candidate extends UpstreamCandidate>(candidates: Candidate[], share: number): Candidate[] {
  const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
  let point = share * total;
  const start = candidates.findIndex(({ weight }) => {
    point -= weight;
    return point < 0;
  });
  return start <= 0 ? candidates : [...candidates.slice(start), ...candidates.slice(0, start)];
}
