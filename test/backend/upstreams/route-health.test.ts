import { beforeEach, describe, expect, test } from 'vitest';
import { createRouteHealth, type RouteHealth, type RouteHealthDeps } from '#backend/upstreams/route-health.ts';

type Credential = ReturnType<RouteHealthDeps['pools']['report']>[number];
type Ended = Parameters<RouteHealth['record']>[1];

const good: Ended = { status: 'completed', httpStatus: 200 };
const failed: Ended = { status: 'failed', httpStatus: 502 };

let credentials: Credential[];
let nowMs: number;
let routes: RouteHealth;

beforeEach(() => {
  credentials = [{ family: 'openai', health: 'well' }];
  nowMs = 1_000_000;
  routes = createRouteHealth({
    pools: { report: () => credentials },
    families: ['openai', 'anthropic'],
    nowMs: () => nowMs,
  });
});

const record = (count: number, outcome: Ended): void => {
  for (let index = 0; index < count; index += 1) routes.record('openai', outcome);
};
const health = () => routes.report().map((route) => [route.family, route.health]);

test('a family without credentials is not shown, one without calls is healthy', () => {
  expect(routes.report()).toEqual([{ family: 'openai', health: 'operational', lastAnswerMs: null }]);
});

describe('by the pools', () => {
  test.each([
    [['well', 'well'], 'operational'],
    [['well', 'cooling'], 'degraded'],
    [['well', 'out'], 'degraded'],
    [['cooling', 'cooling'], 'degraded'],
    [['out', 'out'], 'down'],
  ] as const)('%j is %s', (healths, expected) => {
    credentials = healths.map((each) => ({ family: 'openai', health: each }));
    expect(health()).toEqual([['openai', expected]]);
  });
});

describe('by the outcomes of requests', () => {
  test.each([
    [0, 2, 'operational'],
    [0, 3, 'down'],
    [10, 3, 'degraded'],
    [100, 3, 'operational'],
  ] as const)('%d good ones and %d failures are %s', (goodOnes, failures, expected) => {
    record(goodOnes, good);
    record(failures, failed);
    expect(health()).toEqual([['openai', expected]]);
  });

  test.each([
    [{ status: 'truncated', httpStatus: 200 }, 'down'],
    [{ status: 'failed', httpStatus: 503 }, 'down'],
    [{ status: 'refused', httpStatus: 429 }, 'down'],
    [{ status: 'refused', httpStatus: 400 }, 'operational'],
    [{ status: 'cancelled', httpStatus: 200 }, 'operational'],
    [{ status: 'exhausted', httpStatus: 200 }, 'operational'],
  ] as const)('many of %j are %s', (outcome, expected) => {
    record(5, outcome);
    expect(health()).toEqual([['openai', expected]]);
  });

  test('old outcomes no longer count', () => {
    record(5, failed);
    nowMs += 10 * 60_000;
    expect(health()).toEqual([['openai', 'operational']]);
  });

  test('the last good answer is remembered past later failures', () => {
    record(1, good);
    nowMs += 1000;
    record(1, failed);
    expect(routes.report()).toMatchObject([{ lastAnswerMs: 1_000_000 }]);
  });
});
