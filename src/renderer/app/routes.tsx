import {
  Boxes,
  Cable,
  ChartColumn,
  Gauge,
  KeyRound,
  ListTree,
  type LucideIcon,
  Mails,
  Plug,
  Rocket,
  Settings,
  Stethoscope,
  Wallet,
  Waypoints,
} from 'lucide-react';
import type { ComponentType } from 'react';
import { appPages, type PagePath } from '#shared/contract/app-pages.ts';
import { BillingPage } from '../features/billing/billing-page.tsx';
import { DoctorPage } from '../features/doctor/doctor-page.tsx';
import { EnvelopesPage } from '../features/envelopes/envelopes-page.tsx';
import { KeysPage } from '../features/keys/keys-page.tsx';
import { ModelsPage } from '../features/models/models-page.tsx';
import { PlansPage } from '../features/plans/plans-page.tsx';
import { ProvidersPage } from '../features/providers/providers-page.tsx';
import { RequestsPage } from '../features/requests/requests-page.tsx';
import { ToolsPage } from '../features/tools/tools-page.tsx';
import { UsagePage } from '../features/usage/usage-page.tsx';
import { SettingsPage } from '../features/settings/settings-page.tsx';
import { GetStartedPage } from './get-started-page.tsx';
import { HomePage } from './home-page.tsx';

export interface PageRoute {
  path: PagePath;
  name: string;
  Icon: LucideIcon;
  Page: ComponentType;
}

const pages: Readonly<Record<PagePath, Pick<PageRoute, 'Icon' | 'Page'>>> = {
  '/': { Icon: Gauge, Page: HomePage },
  '/requests': { Icon: ListTree, Page: RequestsPage },
  '/usage': { Icon: ChartColumn, Page: UsagePage },
  '/models': { Icon: Boxes, Page: ModelsPage },
  '/billing': { Icon: Wallet, Page: BillingPage },
  '/tools': { Icon: Plug, Page: ToolsPage },
  '/keys': { Icon: KeyRound, Page: KeysPage },
  '/envelopes': { Icon: Mails, Page: EnvelopesPage },
  '/providers': { Icon: Cable, Page: ProvidersPage },
  '/plans': { Icon: Waypoints, Page: PlansPage },
  '/doctor': { Icon: Stethoscope, Page: DoctorPage },
  '/start': { Icon: Rocket, Page: GetStartedPage },
  '/settings': { Icon: Settings, Page: SettingsPage },
};

/** The navigation and the router are made from this list. */
export const routes: readonly PageRoute[] = appPages.map((page) => ({ ...page, ...pages[page.path] }));
