import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { RequestFilter } from '#shared/contract/requests.ts';
import { classNames } from '../lib/class-names.ts';
import { requestsAddress } from '../lib/requests-address.ts';

interface RequestsLinkProps {
  filter: Partial<RequestFilter>;
  /** What it says to a screen reader, where the text alone does not say it. */
  label?: string;
  className?: string;
  children: ReactNode;
}

/** A number that leads to the requests it is made of. */
export function RequestsLink({ filter, label, className, children }: RequestsLinkProps) {
  return (
    <Link
      href={requestsAddress(filter)}
      {...(label === undefined ? {} : { 'aria-label': label })}
      className={classNames('rounded-sm decoration-ink-3 underline-offset-4 hover:underline', className)}
    >
      {children}
    </Link>
  );
}
