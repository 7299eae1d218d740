import type { HttpEndpoint } from '../http/endpoint.ts';
import { claudeCodeRouter } from './claude-code-router.ts';
import { deepSeek } from './deepseek.ts';
import { liteLlm } from './litellm.ts';
import { newApi } from './new-api.ts';
import { openRouter } from './openrouter.ts';
import { sub2Api } from './sub2api.ts';
import type { CompatibilityRouteDeps } from './compatibility-route-deps.ts';

/** The balance in the formats of other services, so that tools which read those show it unchanged. */
export const compatEndpoints: readonly HttpEndpoint<CompatibilityRouteDeps>[] = [
  ...openRouter,
  ...deepSeek,
  ...newApi,
  ...liteLlm,
  ...claudeCodeRouter,
  ...sub2Api,
];
