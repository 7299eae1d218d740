import { useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { Page } from '../../components/page.tsx';
import { later } from '../../lib/later.tsx';
import { Doors } from './doors.tsx';
import type { Step } from './open-step.tsx';

const OpenStep = later(async () => (await import('./open-step.tsx')).OpenStep);

interface StartPageProps {
  /** A door was chosen: from now on the page must not give way by itself. */
  onBegin?: () => void;
  onDone: () => void;
}

/** The way to the first request: what pays for it, then a tool that makes it. */
export function StartPage({ onBegin, onDone }: StartPageProps) {
  const [step, setStep] = useState<Step | null>(null);
  // What is behind the doors comes after them: they are read before one is chosen.
  useEffect(() => void OpenStep.load(), []);
  return (
    <Page
      title="Get started"
      description="Choose what pays for your requests, then connect a tool. You can use all three, and change it at any time."
    >
      {step === null ? (
        <Doors
          onOpen={(door) => {
            onBegin?.();
            setStep({ at: 'door', door });
          }}
        />
      ) : (
        <OpenStep step={step} onTool={() => setStep({ at: 'tool' })} onBack={() => setStep(null)} onDone={onDone} />
      )}
    </Page>
  );
}

/** The same ways to pay and to connect a tool, at any later time. */
export function GetStartedPage() {
  const [, navigate] = useLocation();
  return <StartPage onDone={() => navigate('/')} />;
}
