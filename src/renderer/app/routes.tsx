import { Boxes, Cable, Gauge, KeyRound, ListTree, type LucideIcon, Settings, Wallet, Waypoints } from 'lucide-react';
import type { ComponentType } from 'react';
import { BillingPage } from '../features/billing/billing-page.tsx';
import { KeysPage } from '../features/keys/keys-page.tsx';
import { ModelsPage } from '../features/models/models-page.tsx';
import { OverviewPage } from '../features/overview/overview-page.tsx';
import { PlansPage } from '../features/plans/plans-page.tsx';
import { ProvidersPage } from '../features/providers/providers-page.tsx';
import { RequestsPage } from '../features/requests/requests-page.tsx';
import { SettingsPage } from '../features/settings/settings-page.tsx';

export interface PageRoute {
  path: string;
  name: string;
  Icon: LucideIcon;
  Page: ComponentType;
}

/** The one list of pages: the menu and the router are made from it. */
export const routes: readonly PageRoute[] = [
  { path: '/', name: 'Overview', Icon: Gauge, Page: OverviewPage },
  { path: '/requests', name: 'Requests', Icon: ListTree, Page: RequestsPage },
  { path: '/models', name: 'Models', Icon: Boxes, Page: ModelsPage },
  { path: '/billing', name: 'Billing', Icon: Wallet, Page: BillingPage },
  { path: '/keys', name: 'Keys', Icon: KeyRound, Page: KeysPage },
  { path: '/providers', name: 'Providers', Icon: Cable, Page: ProvidersPage },
  { path: '/plans', name: 'Plans', Icon: Waypoints, Page: PlansPage },
  { path: '/settings', name: 'Settings', Icon: Settings, Page: SettingsPage },
];
