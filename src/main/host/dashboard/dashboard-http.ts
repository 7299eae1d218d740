import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { CorvusError } from '#shared/errors.ts';
import type { DashboardOptions } from './dashboard-app.ts';
import { createEventStreams } from './event-stream.ts';
import { refuseEarly, refuseForeignRequest } from './request-guard.ts';
import { sessionFile } from './session-file.ts';
import { createSessions } from './sessions.ts';

export interface Dashboard {
  /** For `CoreOptions.dashboard`. */
  listener(request: IncomingMessage, response: ServerResponse): void;
  /** The fragment of a link that logs one browser in, once. */
  issueLoginCode(): string;
  /** Ends open event streams, so that the listener can close. */
  close(): void;
}

/** The address that logs one browser in. The code is in the fragment, which no request, log or Referer carries. */
export function loginLink(gatewayUrl: string, code: string): string {
  return `${new URL(gatewayUrl).origin}/#login=${code}`;
}

/**
 * The dashboard of a running core. What serves it is loaded with the first request: a gateway that only tools use never
 * needs it.
 */
export function createDashboard(options: DashboardOptions): Dashboard {
  const events = createEventStreams(options.core, options.clock, (session) => sessions.isTooOld(session));
  const sessions = createSessions({ ...options, file: sessionFile(options.sessionsPath), onEnd: events.close });
  let loading: Promise<RequestListener> | null = null;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    loading ??= Promise.all([import('./dashboard-app.ts'), sessions.load()]).then(([{ createDashboardApp }]) =>
      createDashboardApp(options, sessions, events),
    );
    const app = await loading;
    app(request, response);
  }

  return {
    listener(request, response) {
      const refusal = refuseForeignRequest(request);
      if (refusal) return refuseEarly(response, refusal);
      serve(request, response).catch((cause: unknown) => {
        options.logger.error('dashboard.failed', { cause });
        refuseEarly(response, new CorvusError('internal_error'));
      });
    },
    issueLoginCode: () => sessions.issueCode(),
    close: () => events.closeAll(),
  };
}
