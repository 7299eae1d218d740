/**
 * The parts of undici that are used, from their own files: its index loads three times as much, which every start would
 * wait for.
 */
declare module 'undici/lib/dispatcher/agent.js' {
  export { Agent as default } from 'undici';
}

declare module 'undici/lib/core/connect.js' {
  export { buildConnector as default } from 'undici';
}

declare module 'undici/lib/handler/decorator-handler.js' {
  export { DecoratorHandler as default } from 'undici';
}

declare module 'undici/lib/web/fetch/index.js' {
  export { fetch } from 'undici';
}
