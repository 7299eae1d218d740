import { Component, type ReactNode } from 'react';
import { Page } from '../components/page.tsx';
import { Problem } from '../components/problem.tsx';
import { CallError } from '../lib/call-error.ts';

/** A page that fails leaves the rest of Corvus standing. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render(): ReactNode {
    if (!this.state.hasFailed) return this.props.children;
    const error = new CallError({
      code: 'page_failed',
      message: 'Your requests and your balance are not affected. Try again; if it happens again, restart Corvus.',
    });
    return (
      <Page title="Something went wrong">
        <Problem
          title="This page could not be shown"
          error={error}
          onRetry={() => this.setState({ hasFailed: false })}
        />
      </Page>
    );
  }
}
