import { Link } from 'wouter';
import { errorCatalogue, isErrorCode } from '#shared/errors.ts';
import type { RequestDetail } from '#shared/account/request.ts';
import { Notice } from '../../components/notice.tsx';
import { errorAdvice, ownLimitAdvice } from './error-advice.ts';

/** What went wrong, in a sentence, and what to do about it. */
export function RequestError({ detail }: { detail: RequestDetail }) {
  const { errorCode, errorMessage, lane, limitedBy } = detail;
  // Before a lane was chosen, only a limit of this machine can refuse money.
  const isOwnLimit =
    errorCode === 'insufficient_credits' && (lane === null || (limitedBy !== null && limitedBy !== 'balance'));
  const message =
    errorMessage ?? (errorCode && isErrorCode(errorCode) ? errorCatalogue[errorCode].message : 'No reason was given.');
  const advice = isOwnLimit ? ownLimitAdvice : errorCode ? errorAdvice(errorCode) : null;
  return (
    <Notice level={detail.status === 'failed' ? 'error' : 'warning'} title={message}>
      {advice && (
        <p>
          {advice.text}{' '}
          {advice.page && (
            <Link href={advice.page.path} className="text-accent underline underline-offset-2">
              {advice.page.name}
            </Link>
          )}
        </p>
      )}
      {errorCode && <p className="mt-1 font-mono text-xs">{errorCode}</p>}
    </Notice>
  );
}
