import { modelFamilies } from '#shared/domain/model-price.ts';
import type { Pools } from './pool-state.ts';

/** The built-in model behind every family: what a play-money service sells. */
export const echoForEveryFamily: Pools = Object.fromEntries(modelFamilies.map((family) => [family, 'echo' as const]));
