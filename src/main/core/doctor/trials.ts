import type { Send } from '#proxy/upstream/send.ts';
import type { RequestDetail } from '#shared/account/request.ts';
import type { Handlers, Output } from '#shared/contract/contract.ts';
import { type Trial, type TrialFeature, trialFeatureSchema } from '#shared/contract/doctor.ts';
import type { ListedModel } from '#shared/contract/models.ts';
import { asObject, asText, type JsonObject, parseJson } from '#shared/dialects/json-value.ts';
import { CorvusError, toCorvusError } from '#shared/errors.ts';
import { requestIdSchema } from '#shared/ids.ts';
import { divideRoundingUp, type NanoUsd, nanoUsd, parseUsd, usdText, zeroUsd } from '#shared/money.ts';
import type { Clock } from '#shared/ports.ts';
import { minuteMs } from '#shared/time.ts';
import { ask } from '../providers/ask.ts';
import { within } from '../providers/within.ts';
import type { RunKeys } from '../tools/run-tool.ts';
import { type TrialDialect, trialDialectOf, trialRequest, trialSize } from './trial-bodies.ts';

export interface TrialsDeps {
  clock: Clock;
  send: Send;
  gatewayUrl(): string | null;
  handlers: Pick<Handlers, 'balance.get' | 'keys.list' | 'models.list'>;
  runKeys: RunKeys;
}

/** All trials of one press together, in US dollars. */
const cent: NanoUsd = nanoUsd(10_000_000n);
const waitMs = minuteMs;

/** What is tried for a request, and what each part can cost at most. */
interface TrialPlan {
  model: string;
  dialect: TrialDialect;
  /** What a cent is enough for, the smallest request first. */
  features: TrialFeature[];
  /** null: not known. */
  most: NanoUsd | null;
}

export async function planTrials(
  request: RequestDetail,
  { handlers }: Pick<TrialsDeps, 'handlers'>,
): Promise<TrialPlan> {
  const model = request.plan === null ? request.modelRequested : (request.modelServed ?? request.modelRequested);
  if (model === '')
    throw new CorvusError('bad_request', 'This request names no model, so there is nothing to try small.');
  const dialect = trialDialectOf(request.dialect);
  const listed = (await handlers['models.list'](undefined)).models.find(({ slug }) => slug === model);
  const isFree = request.lane === 'local' || listed?.lane === 'local';
  let most: NanoUsd | null = zeroUsd;
  const features: TrialFeature[] = [];
  for (const feature of trialFeatureSchema.options) {
    const cost = isFree ? zeroUsd : costOf(dialect, feature, listed);
    if (cost === null) return { model, dialect, features: ['none'], most: null };
    if (nanoUsd(most + cost) >= cent) continue;
    most = nanoUsd(most + cost);
    features.push(feature);
  }
  return { model, dialect, features, most };
}

function costOf(dialect: TrialDialect, feature: TrialFeature, model: ListedModel | undefined): NanoUsd | null {
  const prices = model?.price?.prices;
  const [input, output] = [parseUsd(prices?.input ?? ''), parseUsd(prices?.reasoning ?? prices?.output ?? '')];
  if (input === null || output === null) return null;
  const size = trialSize(dialect, feature);
  return nanoUsd(divideRoundingUp(BigInt(size.input) * input + BigInt(size.output) * output, 1_000_000n));
}

/** The smallest request by the route of another one, then with one feature each; the balance before and after. */
export async function runTrials(request: RequestDetail, deps: TrialsDeps): Promise<Output<'doctor.try'>> {
  const plan = await planTrials(request, deps);
  const [smallest, ...others] = plan.features;
  if (smallest !== 'none')
    throw new CorvusError('bad_request', `Even the smallest request for ${plan.model} may cost more than a cent.`);
  const secret = await keyLike(request, deps);
  const before = await spendable(deps);
  const trials = [await tryOne('none', plan, secret, deps)];
  const isSmallestWell = trials[0]?.outcome === 'works';
  for (const feature of others) {
    trials.push(
      isSmallestWell
        ? await tryOne(feature, plan, secret, deps)
        : leftOut(feature, 'The smallest request fails as well.'),
    );
  }
  const tooDear = trialFeatureSchema.options.filter((feature) => !plan.features.includes(feature));
  trials.push(
    ...tooDear.map((feature) =>
      leftOut(feature, plan.most === null ? 'Its price is not known.' : 'It might cost more than a cent.'),
    ),
  );
  const after = await spendable(deps);
  const balance = before !== null && after !== null && request.lane === 'prepaid' ? { before, after } : null;
  return { model: plan.model, trials, balance, conclusion: conclude(trials) };
}

/** A key of the doctor's own that goes where the request's key goes. */
async function keyLike({ localKeyId }: RequestDetail, { handlers, runKeys }: TrialsDeps): Promise<string> {
  const route = (await handlers['keys.list'](undefined)).find(({ id }) => id === localKeyId)?.route ?? 'auto';
  return (await runKeys.keyFor(`doctor-${route}`, 'Doctor', route)).secret;
}

async function spendable({ handlers }: TrialsDeps): Promise<string | null> {
  const balance = await handlers['balance.get']({ refresh: true });
  return 'spendable' in balance ? balance.spendable : null;
}

async function tryOne(
  feature: TrialFeature,
  { model, dialect, most }: TrialPlan,
  secret: string,
  { clock, send, gatewayUrl }: TrialsDeps,
): Promise<Trial> {
  const origin = gatewayUrl();
  if (origin === null) throw new CorvusError('shutting_down', 'Corvus does not listen.');
  const { path, body } = trialRequest(dialect, model, feature);
  const ceiling = most === null || most === zeroUsd ? {} : { 'x-corvus-max-cost-usd': usdText(cent) };
  const headers = { authorization: `Bearer ${secret}`, ...ceiling };
  const asked = { url: origin + path, headers, body, mayBePrivate: true, proxy: { use: 'none' } } as const;
  try {
    const { status, text, requestId } = await within(clock, waitMs, (signal) => ask(send, asked, signal));
    const problem = status === 200 ? problemInStream(text) : `HTTP ${status}: ${messageOf(text)}`;
    return {
      feature,
      outcome: problem === null ? 'works' : 'fails',
      text: problem ?? 'It was answered.',
      requestId: idOf(requestId),
    };
  } catch (error) {
    return { feature, outcome: 'fails', text: toCorvusError(error).message, requestId: null };
  }
}

function leftOut(feature: TrialFeature, text: string): Trial {
  return { feature, outcome: 'left-out', text, requestId: null };
}

function idOf(text: string) {
  return requestIdSchema.safeParse(text).data ?? null;
}

/** A stream that began well can still end with an error event. */
function problemInStream(text: string): string | null {
  const begin = 'data: ';
  const lines = text.split('\n').filter((line) => line.startsWith(`${begin}{`) && line.includes('"error"'));
  const error = lines.map((line) => line.slice(begin.length)).find((event) => errorOf(event) !== null);
  return error === undefined ? null : messageOf(error);
}

function messageOf(text: string): string {
  return asText(errorOf(text)?.['message']) ?? 'no reason was given';
}

function errorOf(text: string): JsonObject | null {
  return asObject(asObject(parseJson(text))?.['error']);
}

const names: Readonly<Record<TrialFeature, string>> = {
  none: 'the smallest request',
  streaming: 'streaming',
  system: 'a system prompt',
  tools: 'tools',
  pictures: 'pictures',
  reasoning: 'reasoning',
};

function conclude(trials: readonly Trial[]): string {
  const failing = trials.filter(({ outcome }) => outcome === 'fails');
  const [first] = failing;
  if (!first)
    return 'Small requests are answered, with each feature that was tried. What failed is in the size or the content of the request.';
  if (first.feature === 'none') return 'The smallest request fails as well: no feature of the tool is the reason.';
  const named = failing.map(({ feature }) => names[feature]).join(' and ');
  return `The smallest request is answered; with ${named} it is not. Turn that off in the tool, or use another model for it.`;
}
