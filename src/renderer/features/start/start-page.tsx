import { ArrowLeft } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { Page } from '../../components/page.tsx';
import { AccountDoor } from './account-door.tsx';
import { type Door, Doors } from './doors.tsx';
import { PlayMoneyDoor } from './play-money-door.tsx';
import { ProvidersDoor } from './providers-door.tsx';
import { StepHeading } from './step-heading.tsx';
import { ToolStep } from './tool-step.tsx';

type Step = { at: 'doors' } | { at: 'door'; door: Door } | { at: 'tool' };

const titles: Readonly<Record<Door, string>> = {
  account: 'Use a CorvusLLM key',
  providers: 'Use your own provider keys',
  'play-money': 'Use play money',
};

interface StartPageProps {
  /** A door was chosen: from now on the page must not give way by itself. */
  onBegin?: () => void;
  onDone: () => void;
}

/** The way to the first request: what pays for it, then a tool that makes it. */
export function StartPage({ onBegin, onDone }: StartPageProps) {
  const [step, setStep] = useState<Step>({ at: 'doors' });
  const toDoors = () => setStep({ at: 'doors' });
  const toTool = () => setStep({ at: 'tool' });
  return (
    <Page
      title="Get started"
      description="Choose what pays for your requests, then connect a tool. You can use all three, and change it at any time."
    >
      {step.at === 'doors' && (
        <Doors
          onOpen={(door) => {
            onBegin?.();
            setStep({ at: 'door', door });
          }}
        />
      )}
      {step.at === 'door' && (
        <StepCard title={titles[step.door]} number={1} onBack={toDoors}>
          {step.door === 'account' && <AccountDoor onReady={toTool} onCancel={toDoors} />}
          {step.door === 'providers' && <ProvidersDoor onReady={toTool} />}
          {step.door === 'play-money' && <PlayMoneyDoor onReady={toTool} />}
        </StepCard>
      )}
      {step.at === 'tool' && (
        <StepCard title="Connect a tool" number={2} onBack={toDoors}>
          <ToolStep onDone={onDone} />
        </StepCard>
      )}
    </Page>
  );
}

interface StepCardProps {
  title: string;
  number: 1 | 2;
  onBack: () => void;
  children: ReactNode;
}

function StepCard({ title, number, onBack, children }: StepCardProps) {
  return (
    <section aria-label={title} className="max-w-3xl rounded-xl border border-line bg-surface p-5 shadow-card">
      <StepHeading title={title} note={`Step ${number} of 2`} />
      {children}
      <Button size="small" look="quiet" icon={<ArrowLeft aria-hidden />} className="mt-5 -ml-2" onClick={onBack}>
        All ways to pay
      </Button>
    </section>
  );
}
