/** What each tool may do, as JSON text. */
export const keyLimits = {
  name: '0003-key-limits',
  sql: `ALTER TABLE local_keys ADD COLUMN limits TEXT;`,
} as const;
