import { cacheBreakText } from '#shared/account/cache-break-text.ts';
import type { CacheBreak } from '#shared/account/cache-breaks.ts';
import type { RequestDetail, RequestHint } from '#shared/account/request.ts';
import { Link } from 'wouter';
import { Money } from '../../components/money.tsx';
import { Notice } from '../../components/notice.tsx';
import { countText } from '../../lib/format-number.ts';
import { requestsAddress } from '../../lib/requests-address.ts';

const words: Readonly<Record<RequestHint, { title: string; text: string }>> = {
  'two-credentials': {
    title: 'The tool sent two API keys.',
    text: 'The one of Corvus counted. ANTHROPIC_API_KEY and ANTHROPIC_AUTH_TOKEN are both set; unset the other one.',
  },
  'attribution-line': {
    title: 'The prompt cache was missed because of one changing line.',
    text: 'Claude Code puts a line with a new value first in every prompt. Under Keys, in the limits of this key, that value can be kept steady.',
  },
};

/** What the sender of the request should know of it. */
export function RequestHints({ hints }: Pick<RequestDetail, 'hints'>) {
  return hints.map((hint) => (
    <Notice key={hint} level="info" title={words[hint].title}>
      <p>{words[hint].text}</p>
    </Notice>
  ));
}

/** Why the prompt was paid again, what that cost, and the turn that it is compared with. */
export function CacheBreakNotice({ found }: { found: CacheBreak }) {
  const { cause, advice } = cacheBreakText(found);
  return (
    <Notice level="info" title="The prompt cache no longer had the beginning of this prompt.">
      <p>
        {cause} {advice} {countText(found.tokens)} tokens were paid again, for <Money amount={found.lost} /> more than
        from the cache.{' '}
        <Link
          href={requestsAddress({ search: found.before }, found.before)}
          className="text-accent underline underline-offset-2"
        >
          The turn before
        </Link>
      </p>
    </Notice>
  );
}
