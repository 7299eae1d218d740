import type { Dialect } from '#shared/domain/dialect.ts';
import type { PlanMode } from '#shared/domain/routing.ts';
import type { CallMethod, Framing } from '../call.ts';

/** An inference endpoint: what both services accept, and the path they use at an upstream. */
export interface Endpoint {
  path: string;
  dialect: Dialect;
  methods: readonly CallMethod[];
  /** Its requests list models instead of naming one, and ask them all together in this mode. */
  mode?: PlanMode;
  /** What the path says of the request, in dialects whose body does not. */
  said?: { model: string; stream: boolean };
  /** How a stream is written where not as server-sent events: an object a line, or the elements of one list. */
  framing?: Framing;
}
