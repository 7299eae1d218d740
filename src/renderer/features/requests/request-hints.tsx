import type { RequestDetail, RequestHint } from '#shared/account/request.ts';
import { Notice } from '../../components/notice.tsx';

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
