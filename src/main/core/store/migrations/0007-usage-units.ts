/** What is counted beside tokens, in which service tier, and by which plan the account charges it; as JSON, for few requests have any. */
export const usageUnits = {
  name: '0007-usage-units',
  sql: `
ALTER TABLE requests ADD COLUMN usage_units TEXT;
ALTER TABLE requests ADD COLUMN billing TEXT;`,
} as const;
