import { decisionSchema } from '../operator/operator-input.ts';
import { addCredential, changeCredential, removeCredential, replaceSecret, routeFamily } from './change-pools.ts';
import { addCredentialSchema, changeCredentialSchema, replaceSecretSchema, routeSchema } from './pool-input.ts';
import { probeCredential } from './probe-credential.ts';
import { listFamilyRoutes, listStoredCredentials } from './report-pools.ts';
import type { OperatorEndpoint } from '../http/endpoint.ts';
import { list, nothing, operatorRead, operatorChange } from '../operator/operator-endpoint.ts';
import type { UpstreamRouteDeps } from './upstream-route-deps.ts';
import { pathId } from '../http/read-input.ts';

/** Upstream pools as an operator sees and changes them, for scripts. The pages show and change the same. */
export const operatorPoolsApi: readonly OperatorEndpoint<UpstreamRouteDeps>[] = [
  operatorRead('pools', nothing, ({ services }) => list(services.pools.report())),
  operatorRead('pools/credentials', nothing, async ({ services }) => list(await listStoredCredentials(services))),
  operatorChange('pools/credentials', addCredentialSchema, ({ services, operator, input }) =>
    addCredential(services, operator, input),
  ),
  operatorChange(
    'pools/credentials/:id/change',
    changeCredentialSchema,
    async ({ context, services, operator, input }) => {
      await changeCredential(services, operator, { id: pathId(context), ...input });
      return { id: pathId(context) };
    },
  ),
  operatorChange(
    'pools/credentials/:id/secret',
    replaceSecretSchema,
    async ({ context, services, operator, input }) => {
      await replaceSecret(services, operator, { id: pathId(context), ...input });
      return { id: pathId(context) };
    },
  ),
  operatorChange('pools/credentials/:id/remove', decisionSchema, async ({ context, services, operator, input }) => {
    await removeCredential(services, operator, { id: pathId(context), ...input });
    return { id: pathId(context), isRemoved: true };
  }),
  operatorChange('pools/credentials/:id/probe', nothing, ({ context, services }) =>
    probeCredential(services, pathId(context)),
  ),
  operatorRead('pools/routes', nothing, async ({ services }) => list(await listFamilyRoutes(services))),
  operatorChange('pools/routes', routeSchema, async ({ services, operator, input }) => {
    await routeFamily(services, operator, input);
    return { family: input.family, pools: input.pools };
  }),
];
