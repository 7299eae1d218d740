import type { ModelShelf } from './model-views.ts';

/** What the routes of the model list work with. */
export type ModelRouteDeps = ModelShelf;
