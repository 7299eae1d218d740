import type { CallName, CallResult, EventName, Input, Payload } from './contract.ts';

/** What the preload script exposes as `window.corvus`: the app API and nothing of Electron. */
export interface CorvusBridge {
  /** Never rejects: a refusal is a result. */
  call<K extends CallName>(name: K, input: Input<K>): Promise<CallResult<K>>;
  /** Returns the unsubscribe. */
  on<K extends EventName>(name: K, listener: (payload: Payload<K>) => void): () => void;
}

/** The two IPC channels of the desktop app. */
export const callChannel = 'corvusllm:call';
export const eventChannel = 'corvusllm:event';
