import type { Outcome } from '#proxy/call.ts';
import type { Health } from '#shared/account/status.ts';
import type { ModelFamily } from '#shared/domain/model-price.ts';
import { minuteMs } from '#shared/time.ts';
import type { CredentialReport } from './upstream-pools.ts';

/** The health of each model family, from recent calls and the pools. Kept in memory, per instance, since its start. */
export interface RouteHealth {
  record(family: ModelFamily, outcome: Pick<Outcome, 'status' | 'httpStatus'>): void;
  report(): Route[];
}

interface Route {
  family: ModelFamily;
  health: Health;
  lastAnswerMs: number | null;
}

interface Recent {
  atMs: number;
  isGood: boolean;
}

export interface RouteHealthDeps {
  pools: { report(): Pick<CredentialReport, 'family' | 'health'>[] };
  families: readonly ModelFamily[];
  nowMs(): number;
}

const windowMs = 10 * minuteMs;
const mostRemembered = 200;
/** Fewer failures than this are no evidence. */
const fewestFailures = 3;
const degradedShare = 0.1;

export function createRouteHealth({ pools, families, nowMs }: RouteHealthDeps): RouteHealth {
  /** The newest last; some may be older than the window. */
  const remembered = new Map<ModelFamily, Recent[]>();

  function recentOf(family: ModelFamily): Recent[] {
    const sinceMs = nowMs() - windowMs;
    return (remembered.get(family) ?? []).filter(({ atMs }) => atMs > sinceMs);
  }

  return {
    record(family, outcome) {
      const isGood = judge(outcome);
      if (isGood === null) return;
      const known = remembered.get(family) ?? [];
      remembered.set(family, known);
      known.push({ atMs: nowMs(), isGood });
      if (known.length > mostRemembered) known.shift();
    },
    report() {
      const credentials = pools.report();
      return families.flatMap((family) => {
        const healths = credentials.filter((credential) => credential.family === family).map(({ health }) => health);
        if (healths.length === 0) return [];
        const recent = recentOf(family);
        return [
          {
            family,
            health: healthOf(healths, recent),
            lastAnswerMs: recent.findLast(({ isGood }) => isGood)?.atMs ?? null,
          },
        ];
      });
    },
  };
}

/** null: says nothing about the upstream, because the client left, ran out of money or sent an impossible request. */
function judge({ status, httpStatus }: Pick<Outcome, 'status' | 'httpStatus'>): boolean | null {
  if (status === 'completed') return true;
  if (status === 'failed' || status === 'truncated') return false;
  return status === 'refused' && httpStatus === 429 ? false : null;
}

function healthOf(credentials: readonly CredentialReport['health'][], recent: readonly Recent[]): Health {
  const failures = recent.filter(({ isGood }) => !isGood).length;
  const isFailing = failures >= fewestFailures;
  if (credentials.every((health) => health === 'out') || (isFailing && failures === recent.length)) return 'down';
  if (credentials.some((health) => health !== 'well') || (isFailing && failures >= recent.length * degradedShare))
    return 'degraded';
  return 'operational';
}
