import type { AccountConnection } from '#shared/contract/account.ts';
import { defaultSettings } from '#shared/contract/settings.ts';
import { AccountCard } from '../../../src/renderer/features/settings/account-card.tsx';
import { AppearanceCard } from '../../../src/renderer/features/settings/appearance-card.tsx';
import { BehaviourCard } from '../../../src/renderer/features/settings/behaviour-card.tsx';
import { MoneyAndHistoryCard } from '../../../src/renderer/features/settings/money-and-history-card.tsx';
import { answer, refusal } from '../answers.ts';
import { entry, type Group } from '../entry.ts';
import { longText } from '../samples.ts';

const hosted: AccountConnection = {
  mode: 'hosted',
  baseUrl: 'https://base.corvusllm.com',
  keyHint: 'sk-corvus-…a1b2',
  hasAccountApi: true,
  problem: null,
};
const accounts: Readonly<Record<string, AccountConnection>> = {
  hosted,
  'with a problem': { ...hosted, problem: `The service at ${longText} does not answer.` },
  'without an account API': { ...hosted, hasAccountApi: false },
  'play money': { ...hosted, mode: 'sandbox' },
  none: { mode: 'none', baseUrl: null, keyHint: null, hasAccountApi: null, problem: null },
};

export const settings: Group = {
  id: 'settings',
  name: 'Settings',
  entries: [
    ...Object.entries(accounts).map(([name, account]) =>
      entry(`Account, ${name}`, <AccountCard />, answer('account.get', undefined, account)),
    ),
    entry('Account, with an error', <AccountCard />, refusal('account.get', undefined, 'The account cannot be read.')),
    entry('Appearance', <AppearanceCard settings={defaultSettings} />),
    entry('Money and history', <MoneyAndHistoryCard settings={defaultSettings} />),
    entry(
      'Money and history, without a warning',
      <MoneyAndHistoryCard settings={{ ...defaultSettings, lowBalance: null, retentionDays: 400 }} />,
    ),
    entry('Desktop app', <BehaviourCard settings={defaultSettings} />),
  ],
};
