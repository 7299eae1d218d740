import { Coins, ExternalLink, KeyRound, type LucideIcon, Wallet } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';

export type Door = 'account' | 'providers' | 'play-money';

const buyUrl = 'https://corvusllm.com/';

/** The three ways to pay for requests. */
export function Doors({ onOpen }: { onOpen: (door: Door) => void }) {
  return (
    <div className="grid gap-4 lg:grid-cols-3">
      <DoorCard Icon={Wallet} title="A CorvusLLM key" action="Use a CorvusLLM key" onOpen={() => onOpen('account')}>
        One prepaid balance for the models of every provider, with a receipt for each request.{' '}
        <a
          href={buyUrl}
          target="_blank"
          rel="noreferrer"
          className="font-medium text-accent underline underline-offset-2"
        >
          Buy a key
          <ExternalLink aria-hidden className="mb-0.5 ml-1 inline size-3" />
        </a>
      </DoorCard>
      <DoorCard
        Icon={KeyRound}
        title="Your own provider keys"
        action="Use my own keys"
        onOpen={() => onOpen('providers')}
      >
        Keys of OpenAI, Anthropic, Google and others, or a model server on this machine. They bill you directly.
      </DoorCard>
      <DoorCard Icon={Coins} title="Play money" action="Try with play money" onOpen={() => onOpen('play-money')}>
        $25.00 that is not real, and models that echo what you send. It costs nothing and needs no network.
      </DoorCard>
    </div>
  );
}

interface DoorCardProps {
  Icon: LucideIcon;
  title: string;
  action: string;
  onOpen: () => void;
  children: ReactNode;
}

function DoorCard({ Icon, title, action, onOpen, children }: DoorCardProps) {
  return (
    <Card
      className="flex flex-col"
      title={
        <span className="flex items-center gap-2.5">
          <Icon aria-hidden className="size-5 text-accent" />
          {title}
        </span>
      }
    >
      <p className="mb-4 text-sm text-ink-2">{children}</p>
      <Button look="primary" onClick={onOpen}>
        {action}
      </Button>
    </Card>
  );
}
