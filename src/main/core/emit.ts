import type { EventName, Payload } from '#shared/contract/contract.ts';

/** Sends an event of the app API to every page and host that listens. */
export type Emit = <K extends EventName>(name: K, payload: Payload<K>) => void;
