import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { RequestFilter } from '#shared/contract/requests.ts';
import { classNames } from '../lib/class-names.ts';
import { requestsAddress } from '../lib/requests-address.ts';

interface RequestsLinkProps {
  filter: Partial<RequestFilter>;
  title?: string;
  className?: string | undefined;
  children: ReactNode;
}

/** A link to the requests that its text is about. */
export function RequestsLink({ filter, title, className, children }: RequestsLinkProps) {
  return (
    <Link
      href={requestsAddress(filter)}
      title={title}
      className={classNames(
        'inline-block min-w-[24px] rounded-sm leading-[24px] decoration-ink-3 underline-offset-4 hover:underline',
        className,
      )}
    >
      {children}
    </Link>
  );
}
