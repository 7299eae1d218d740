import type { Verdict } from '#shared/contract/doctor.ts';
import { PacketCard } from '../../../src/renderer/features/doctor/packet-card.tsx';
import { TrialList } from '../../../src/renderer/features/doctor/trials-card.tsx';
import { ChecksCard, VerdictCard } from '../../../src/renderer/features/doctor/verdict-card.tsx';
import { answer } from '../answers.ts';
import { entry, type Group } from '../entry.ts';
import { longRequest, longText } from '../samples.ts';

const requestId = longRequest.id;
const healthy: Verdict = {
  diagnosis: 'healthy',
  layer: 'none',
  sentence: 'Everything that was tested works.',
  proof: ['Account: 12.50 USD can be spent.', 'openai: 84 models'],
  next: null,
};
const refused: Verdict = {
  diagnosis: 'invalid-key',
  layer: 'provider',
  sentence: 'OpenAI refused the key: it is mistyped, revoked, or from another provider.',
  proof: ['openai was asked: 401'],
  next: { text: 'Enter the key of the provider again.', page: '/providers' },
};
const offline: Verdict = {
  diagnosis: 'offline',
  layer: 'network',
  sentence: 'This machine cannot reach the network.',
  proof: [],
  next: { text: 'Connect this machine to the network.', page: null },
};

export const doctor: Group = {
  id: 'doctor',
  name: 'Doctor',
  entries: [
    entry(
      'Small requests',
      <TrialList
        result={{
          model: 'gpt-4.1',
          trials: [
            { feature: 'none', outcome: 'works', text: 'It was answered.', requestId: null },
            { feature: 'tools', outcome: 'fails', text: longText, requestId: null },
            { feature: 'reasoning', outcome: 'left-out', text: 'It might cost more than a cent.', requestId: null },
          ],
          balance: { before: '25.00', after: '24.9998' },
          conclusion: longText,
        }}
      />,
    ),
    entry(
      'Support packet',
      <PacketCard id={requestId} />,
      answer(
        'doctor.packet',
        { requestId },
        {
          fields: [
            { name: 'Model slug', value: 'gpt-4.1' },
            { name: 'Exact error text', value: longText },
          ],
        },
      ),
    ),
    entry('Healthy', <VerdictCard verdict={healthy} />),
    entry('Ill, with a page to go to', <VerdictCard verdict={refused} />),
    entry('Ill, nothing to press', <VerdictCard verdict={offline} />),
    entry(
      'Ill, long values',
      <VerdictCard verdict={{ ...refused, sentence: longText, proof: [longText, `${longText}/v1`] }} />,
    ),
    entry(
      'Checks',
      <ChecksCard
        checks={[
          { name: 'Account', isWell: true, text: '12.50 USD can be spent.' },
          { name: 'openai', isWell: false, text: refused.sentence },
          { name: longText, isWell: false, text: longText },
        ]}
      />,
    ),
  ],
};
