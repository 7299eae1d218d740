import type { ListedModel } from '#shared/contract/models.ts';
import { type UpstreamDialect, upstreamDialectSchema } from '#shared/domain/dialect.ts';
import { matchesPattern } from '#shared/domain/matches-pattern.ts';
import { CorvusError } from '#shared/errors.ts';

/** Models that code well and answer at a fair price, best first. */
const sensible: Readonly<Record<UpstreamDialect, readonly string[]>> = {
  'anthropic-messages': ['claude-sonnet-*', 'claude-haiku-*', 'claude-*', 'glm-*'],
  'openai-responses': ['gpt-*-codex', 'gpt-5*', 'gpt-*', 'glm-*', 'kimi-*'],
  gemini: ['gemini-*-pro*', 'gemini-*-flash*', 'gemini-*', 'glm-*'],
  'openai-chat': ['glm-*', 'kimi-*', 'gpt-5*', 'deepseek-*', 'claude-sonnet-*'],
};

/** Models without a conversation, whatever dialect their list names. */
const unsuited = /embed|whisper|tts|dall-e|image|moderation|rerank|audio|realtime|transcribe/;

/** The models that a tool of this dialect could use now, the sensible ones first, play money's echo last. */
export function modelsFor(dialect: UpstreamDialect, models: readonly ListedModel[]): string[] {
  const usable = models.filter(
    ({ lane, dialects, slug }) => lane !== null && !unsuited.test(slug) && dialects.some(isConversation),
  );
  const rank = ({ slug, dialects }: ListedModel): number => {
    if (slug.startsWith('corvus/')) return 1_000;
    const place = sensible[dialect].findIndex((pattern) => matchesPattern(pattern, slug));
    return (place === -1 ? 100 : place) + (dialects.includes(dialect) ? 0 : 50);
  };
  return usable
    .map((model) => ({ slug: model.slug, rank: rank(model) }))
    .toSorted((one, other) => one.rank - other.rank || newerFirst(one.slug, other.slug))
    .map(({ slug }) => slug);
}

/** Throws `no_lane` when nothing answers yet, `model_not_found` for a name that nothing here serves. */
export function chooseModel(wanted: string | null, available: readonly string[]): string {
  if (wanted !== null) return wanted;
  const [first] = available;
  if (first === undefined)
    throw new CorvusError('no_lane', 'No model is available yet. Connect an account or add a provider first.');
  return first;
}

function isConversation(dialect: string): boolean {
  return upstreamDialectSchema.safeParse(dialect).success;
}

/** Of one version the plain model comes before its variants: `glm-5.3`, then `glm-5.3-flash`. */
function newerFirst(one: string, other: string): number {
  const byNumber = (later: string, earlier: string) => earlier.localeCompare(later, 'en', { numeric: true });
  return byNumber(versionOf(one), versionOf(other)) || one.length - other.length || byNumber(one, other);
}

/** The first number of a name, however its parts are joined: "5.3", "4.5" of `claude-haiku-4-5`. */
function versionOf(slug: string): string {
  return /\d+(?:[.-]\d+)*/.exec(slug)?.[0].replaceAll('-', '.') ?? '';
}
