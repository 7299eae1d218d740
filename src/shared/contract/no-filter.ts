// Apart from the schemas of filters: every page needs this, and few need those.

/** The value of a filter that matches what has no value: requests of no project, requests that were not routed. */
export const unset = '';

/** A filter of usage that lets everything through. */
export const anyUsage = {
  tool: null,
  model: null,
  provider: null,
  lane: null,
  project: null,
  session: null,
  localKeyId: null,
} as const;

/** A filter of requests that lets everything through. */
export const noFilter = {
  ...anyUsage,
  status: null,
  agent: null,
  cost: null,
  envelopeId: null,
  match: null,
  tag: null,
  search: null,
  fromMs: null,
  toMs: null,
} as const;
