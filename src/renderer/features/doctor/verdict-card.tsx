import { ArrowRight, CircleAlert, CircleCheck } from 'lucide-react';
import { useLocation } from 'wouter';
import { appPages } from '#shared/contract/app-pages.ts';
import type { Output } from '#shared/contract/contract.ts';
import type { Diagnosis, Verdict } from '#shared/contract/doctor.ts';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { classNames } from '../../lib/class-names.ts';

/** What is wrong, where, how it shows, and what to do next. */
export function VerdictCard({ verdict: { diagnosis, layer, sentence, proof, next } }: { verdict: Verdict }) {
  const isHealthy = diagnosis === 'healthy';
  // Of the set-up, the sentence is itself what was seen.
  const facts = proof.filter((fact) => fact !== sentence);
  const Icon = isHealthy ? CircleCheck : CircleAlert;
  return (
    <Card
      title={
        <span className="flex items-center gap-2 text-lg">
          <Icon aria-hidden className={classNames('size-5 shrink-0', isHealthy ? 'text-good' : 'text-bad')} />
          {diagnosisTitles[diagnosis]}
        </span>
      }
      actions={layer !== 'none' && <Badge tone="bad">It fails at {layerNames[layer]}</Badge>}
    >
      <p className="break-words">{sentence}</p>
      {next && <NextStep next={next} />}
      {facts.length > 0 && (
        <>
          <h3 className="mt-5 mb-1.5 text-sm font-semibold">What was seen</h3>
          <ul className="flex list-disc flex-col gap-1 pl-5 text-sm text-ink-2">
            {facts.map((fact) => (
              <li key={fact} className="break-words">
                {fact}
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

function NextStep({ next: { text, page } }: { next: NonNullable<Verdict['next']> }) {
  const [, navigate] = useLocation();
  const name = appPages.find(({ path }) => path === page)?.name;
  return (
    <div className="mt-4 flex flex-wrap items-center justify-between gap-3 rounded-xl bg-accent-soft px-4 py-3">
      <p className="min-w-0 flex-1 basis-60 break-words">
        <span className="font-medium">Next:</span> {text}
      </p>
      {page !== null && (
        <Button look="primary" icon={<ArrowRight aria-hidden />} onClick={() => navigate(page)}>
          Open {name}
        </Button>
      )}
    </div>
  );
}

/** Every part that was asked, and what it answered. */
export function ChecksCard({ checks }: Pick<Output<'doctor.run'>, 'checks'>) {
  return (
    <Card title="What was tested" isFlush>
      <ul className="border-t border-line">
        {checks.map(({ name, isWell, text }) => (
          <li
            key={`${name} ${text}`}
            className="flex items-start gap-3 border-t border-line px-5 py-3 first:border-t-0"
          >
            {isWell ? (
              <CircleCheck role="img" aria-label="Works" className="mt-0.5 size-4.5 shrink-0 text-good" />
            ) : (
              <CircleAlert role="img" aria-label="Fails" className="mt-0.5 size-4.5 shrink-0 text-bad" />
            )}
            <div className="min-w-0 flex-1">
              <p className="font-medium break-words">{name}</p>
              <p className="text-sm break-words text-ink-2">{text}</p>
            </div>
          </li>
        ))}
      </ul>
    </Card>
  );
}

const diagnosisTitles: Readonly<Record<Diagnosis, string>> = {
  healthy: 'Nothing is wrong',
  'invalid-key': 'A key is refused',
  'wrong-endpoint': 'An address is wrong',
  'model-not-found': 'The model is not there',
  'context-too-long': 'The request is too long',
  'rate-limited': 'Too many requests',
  'out-of-balance': 'No money is left',
  'another-key': 'Another key was topped up',
  'limit-reached': 'A limit of yours is reached',
  'clock-wrong': 'The clock is wrong',
  'tool-points-elsewhere': 'A tool does not reach Corvus',
  'port-taken': 'Another program has the port',
  'proxy-or-certificate': 'The proxy or a certificate stands between',
  offline: 'The network is not reached',
  outage: 'The upstream fails',
  'not-running': 'The server is not running',
  'not-set-up': 'Nothing is set up',
  'request-refused': 'Something in the request is refused',
  storage: 'The disk cannot be written',
  unknown: 'The reason is not known',
};

const layerNames: Readonly<Record<Exclude<Verdict['layer'], 'none'>, string>> = {
  tool: 'the tool',
  corvus: 'Corvus',
  network: 'the network',
  account: 'the prepaid account',
  provider: 'a provider',
};
