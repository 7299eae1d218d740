/** What was asked, tried and served, and why: a request's whole way. */
export const routing = {
  name: '0002-routing',
  sql: `
ALTER TABLE attempts ADD COLUMN model TEXT;
ALTER TABLE requests ADD COLUMN route_reason TEXT;
ALTER TABLE requests ADD COLUMN plan TEXT;
ALTER TABLE requests ADD COLUMN translated_to TEXT;
ALTER TABLE requests ADD COLUMN parent_id TEXT;
CREATE INDEX requests_by_parent ON requests (parent_id) WHERE parent_id IS NOT NULL;
`,
} as const;
