import { useLocation } from 'wouter';
import { StartPage } from '../features/start/start-page.tsx';

/** The same ways to pay and to connect a tool, at any later time. */
export function GetStartedPage() {
  const [, navigate] = useLocation();
  return <StartPage onDone={() => navigate('/')} />;
}
