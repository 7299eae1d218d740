import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app.tsx';
import { loadPagesWhenIdle } from './app/routes.tsx';
import { connect } from './lib/api.ts';
import { queryClient, refetchAfterGaps } from './lib/query.ts';

async function start(): Promise<void> {
  // Nothing is drawn before it is clear what carries the calls: no page may ask too early.
  await connect();
  refetchAfterGaps();
  const container = document.getElementById('root');
  if (!container) throw new Error('The page has no #root.');
  createRoot(container).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <App />
      </QueryClientProvider>
    </StrictMode>,
  );
  await loadPagesWhenIdle();
}

void start();
