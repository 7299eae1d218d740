import { creditsToUsd, tariffsSchema } from '#shared/account/request-billing.ts';
import { usdText } from '#shared/money.ts';
import { openEndpoint } from '../http/declare-endpoint.ts';

export const getTariffs = openEndpoint({
  method: 'get',
  path: '/v1/tariffs',
  tag: 'Models',
  summary: 'What is charged beside the prices of models: what credits are worth, what each mode reserves of them, and the least charge.',
  reply: tariffsSchema,
}).handle(({ services: { tariffs } }) => ({
  object: 'tariffs',
  plan: tariffs.plan,
  minimumCharge: usdText(tariffs.minimumCharge),
  credits: { usd: usdText(creditsToUsd(1)), minimum: 1, reserves: tariffs.modeCredits },
}));
