/** The viewer's time zone: days and months in sums are theirs. */
export const viewerTimeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
