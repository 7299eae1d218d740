/** A calendar day in the local time zone, in the form of date fields and file names: "2026-11-30". */
export function dayText(date: Date): string {
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
}
