/** Colours of the values of a chart, the largest first. Lanes have theirs everywhere. */
export function seriesColour(isLane: boolean, value: string, index: number): string {
  return isLane && value !== '' ? `var(--lane-${value})` : isLane ? 'var(--series-rest)' : `var(--series-${index + 1})`;
}

export const mostSeries = 5;
