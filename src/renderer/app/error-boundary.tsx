import { Component, type ReactNode } from 'react';
import { Page } from '../components/page.tsx';
import { Problem } from '../components/problem.tsx';
import { corvus } from '../lib/api.ts';
import { CallError } from '../lib/call-error.ts';

/**
 * Keeps the rest of the app working when a page fails. A page that failed because Corvus was unreachable is shown as
 * soon as Corvus is back.
 */
export class ErrorBoundary extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false };
  private stopListening: (() => void) | null = null;

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override componentDidMount(): void {
    this.stopListening = corvus.onConnection((state) => {
      if (state === 'open' && this.state.hasFailed) this.setState({ hasFailed: false });
    });
  }

  override componentWillUnmount(): void {
    this.stopListening?.();
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
