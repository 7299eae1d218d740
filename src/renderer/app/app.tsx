import { Route, Switch } from 'wouter';
import { ToastHost } from '../components/toast-host.tsx';
import { useConnection } from '../lib/query.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import { NotFoundPage } from './not-found-page.tsx';
import { routes } from './routes.tsx';
import { Shell } from './shell.tsx';
import { SignedOutPage } from './signed-out-page.tsx';

export function App() {
  const connection = useConnection();
  if (connection === 'signed-out') return <SignedOutPage />;
  return (
    <>
      <Shell>
        <Switch>
          {routes.map(({ path, Page }) => (
            <Route key={path} path={path}>
              <ErrorBoundary key={path}>
                <Page />
              </ErrorBoundary>
            </Route>
          ))}
          <Route>
            <NotFoundPage />
          </Route>
        </Switch>
      </Shell>
      <ToastHost />
    </>
  );
}
