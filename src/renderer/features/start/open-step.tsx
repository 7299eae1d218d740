import { ArrowLeft } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { Button } from '../../components/button.tsx';
import { AccountDoor } from './account-door.tsx';
import type { Door } from './doors.tsx';
import { PlayMoneyDoor } from './play-money-door.tsx';
import { ProvidersDoor } from './providers-door.tsx';
import { ToolStep } from './tool-step.tsx';

export type Step = { at: 'door'; door: Door } | { at: 'tool' };

const titles: Readonly<Record<Door, string>> = {
  account: 'Use a CorvusLLM key',
  providers: 'Use your own provider keys',
  'play-money': 'Use play money',
};

interface OpenStepProps {
  step: Step;
  /** Requests can be paid for: a tool is next. */
  onTool: () => void;
  onBack: () => void;
  onDone: () => void;
}

/** The step that a person has opened on the way to the first request. Each is a card of its own: its heading takes the focus. */
export function OpenStep({ step, onTool, onBack, onDone }: OpenStepProps) {
  if (step.at === 'tool') {
    return (
      <StepCard key="tool" title="Connect a tool" number={2} onBack={onBack}>
        <ToolStep onDone={onDone} />
      </StepCard>
    );
  }
  return (
    <StepCard key={step.door} title={titles[step.door]} number={1} onBack={onBack}>
      {step.door === 'account' && <AccountDoor onReady={onTool} onCancel={onBack} />}
      {step.door === 'providers' && <ProvidersDoor onReady={onTool} />}
      {step.door === 'play-money' && <PlayMoneyDoor onReady={onTool} />}
    </StepCard>
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

/** Takes the focus as the step appears, unless a field of the step has it: what had it before is gone. */
function StepHeading({ title, note }: { title: string; note: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (document.activeElement === null || document.activeElement === document.body) heading.current?.focus();
  }, []);
  return (
    <>
      <p className="text-[0.8125rem] text-ink-3">{note}</p>
      <h2 ref={heading} tabIndex={-1} className="mb-4 text-lg font-semibold outline-none">
        {title}
      </h2>
    </>
  );
}
