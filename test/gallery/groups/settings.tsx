import type { Backups } from '#shared/contract/storage.ts';
import type { AccountConnection } from '#shared/contract/account.ts';
import { defaultSettings } from '#shared/contract/settings.ts';
import type { NetworkView } from '#shared/contract/network.ts';
import { dayMs } from '#shared/time.ts';
import { AccountCard } from '../../../src/renderer/features/settings/account-card.tsx';
import { AppearanceCard } from '../../../src/renderer/features/settings/appearance-card.tsx';
import { BackupsCard } from '../../../src/renderer/features/settings/backups-card.tsx';
import { BehaviourCard } from '../../../src/renderer/features/settings/behaviour-card.tsx';
import { CapturesCard } from '../../../src/renderer/features/settings/captures-card.tsx';
import { PortCard } from '../../../src/renderer/features/settings/port-card.tsx';
import { WaitingCard } from '../../../src/renderer/features/settings/waiting-card.tsx';
import { MoneyAndHistoryCard } from '../../../src/renderer/features/settings/money-and-history-card.tsx';
import { NetworkCard } from '../../../src/renderer/features/settings/network-card.tsx';
import { answer, refusal } from '../answers.ts';
import { entry, type Group } from '../entry.ts';
import { longText } from '../samples.ts';

const hosted: AccountConnection = {
  mode: 'hosted',
  baseUrl: 'https://base.corvusllm.com',
  keyHint: 'sk-corvus-…a1b2',
  hasAccountApi: true,
  seesStatement: true,
  autoTopup: null,
  problem: null,
};
const accounts: Readonly<Record<string, AccountConnection>> = {
  hosted,
  'with a problem': { ...hosted, problem: `The service at ${longText} does not answer.` },
  'without an account API': { ...hosted, hasAccountApi: false },
  'play money': { ...hosted, mode: 'sandbox' },
  none: {
    mode: 'none',
    baseUrl: null,
    keyHint: null,
    hasAccountApi: null,
    seesStatement: null,
    autoTopup: null,
    problem: null,
  },
};

const plain: NetworkView = {
  proxy: { use: 'environment' },
  caFile: null,
  variables: [],
  authorities: { file: null, fromEnvironment: 0, fromSystem: 144 },
  problem: null,
};
const networks: Readonly<Record<string, NetworkView>> = {
  'without a proxy': plain,
  'from the environment': {
    ...plain,
    variables: [
      { name: 'HTTPS_PROXY', value: `http://${longText}:3128` },
      { name: 'NO_PROXY', value: '.example.com, 10.0.0.0/8' },
    ],
    authorities: { file: null, fromEnvironment: 1, fromSystem: 144 },
  },
  'with a proxy and a problem': {
    ...plain,
    proxy: { use: 'proxy', url: 'http://proxy.example.com:3128', noProxy: '.example.com', hasLogin: true },
    caFile: '/etc/ssl/company.pem',
    authorities: { file: 0, fromEnvironment: 0, fromSystem: 144 },
    problem: 'The file of certificates /etc/ssl/company.pem cannot be read.',
  },
};

const folder = '/home/ada/.local/share/corvusllm/backups';
const backups: Readonly<Record<string, Backups>> = {
  none: { folder, kept: [], problem: null },
  several: {
    folder,
    kept: [0, 1, 2].map((days) => ({
      path: `${folder}/corvusllm-2026112${9 - days}T081500-000Z.db`,
      atMs: Date.now() - days * dayMs - 7_200_000,
      bytes: 48_300_000 - days * 1_000_000,
    })),
    problem: null,
  },
  'with a problem': {
    folder: `/home/${longText}`,
    kept: [{ path: `/home/${longText}/corvusllm-20261120T081500-000Z.db`, atMs: 1_795_000_000_000, bytes: 900 }],
    problem: `There is no room for a backup in /home/${longText}: 812 MB are needed.`,
  },
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
    entry('Port', <PortCard settings={defaultSettings} />),
    entry('Waiting for models', <WaitingCard settings={defaultSettings} />),
    entry(
      'Money and history',
      <MoneyAndHistoryCard settings={defaultSettings} />,
      answer('storage.size', undefined, {
        fileBytes: 312_000_000,
        usedBytes: 248_300_000,
        oldestRequestMs: 1_788_000_000_000,
      }),
    ),
    entry(
      'Money and history, without a warning',
      <MoneyAndHistoryCard
        settings={{ ...defaultSettings, lowBalance: null, retentionDays: 400, historyMegabytes: 2_500 }}
      />,
    ),
    ...Object.entries(backups).map(([name, found]) =>
      entry(`Backups, ${name}`, <BackupsCard settings={defaultSettings} />, answer('backups.list', undefined, found)),
    ),
    entry(
      'Backups, with an error',
      <BackupsCard settings={{ keptBackups: 0 }} />,
      refusal('backups.list', undefined, 'The folder cannot be read.'),
    ),
    ...Object.entries(networks).map(([name, network]) =>
      entry(`Network, ${name}`, <NetworkCard />, answer('network.get', undefined, network)),
    ),
    entry('Network, with an error', <NetworkCard />, refusal('network.get', undefined, 'The settings cannot be read.')),
    entry('Bodies of requests, off', <CapturesCard settings={defaultSettings} />),
    entry(
      'Bodies of requests, on',
      <CapturesCard settings={{ captures: { of: 'errors', megabytes: 100, days: 14 } }} />,
      answer('captures.size', undefined, { count: 1_204, bytes: 48_300_000 }),
    ),
    entry('Desktop app', <BehaviourCard settings={defaultSettings} />),
  ],
};
