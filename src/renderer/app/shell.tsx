import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { BrandMark } from '../components/brand-mark.tsx';
import { classNames } from '../lib/class-names.ts';
import { later } from '../lib/later.tsx';
import { useCorvusQuery } from '../lib/query.ts';
import { Banners } from './banners.tsx';
import { type PageRoute, routes } from './routes.tsx';
import { SidebarBalance } from './sidebar-balance.tsx';
import { useTheme } from './theme.ts';
import { useOrderNotices } from './use-order-notices.ts';

const LinkDialog = later(async () => (await import('./link-dialog.tsx')).LinkDialog);

/** The frame of every page: the menu, the balance, the current problems. */
export function Shell({ children }: { children: ReactNode }) {
  const [location] = useLocation();
  useTheme();
  useOrderNotices();
  return (
    <div className="flex h-full">
      <a
        href="#main"
        className="sr-only z-70 rounded-lg bg-accent-fill px-4 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-3 focus:left-3 focus:px-4 focus:py-2"
      >
        Skip to the page
      </a>
      <aside className="flex w-16 shrink-0 flex-col border-r border-line bg-surface px-2 py-4 lg:w-58 lg:px-3">
        <div className="mb-6 flex items-center justify-center gap-2.5 lg:justify-start lg:px-2">
          <BrandMark className="size-7 text-accent" />
          <span className="hidden text-lg font-semibold tracking-tight lg:block">Corvus</span>
        </div>
        <nav aria-label="Pages" className="flex min-h-0 flex-col gap-0.5 overflow-y-auto">
          {routes.map((route) => (
            <MenuLink key={route.path} route={route} isCurrent={location === route.path} />
          ))}
        </nav>
        <SidebarBalance />
      </aside>
      <main
        id="main"
        tabIndex={-1}
        key={location}
        className="relative flex min-w-0 flex-1 flex-col overflow-y-auto outline-none"
      >
        <Banners />
        <div className="min-h-0 flex-1">{children}</div>
      </main>
      <PendingLink />
    </div>
  );
}

function MenuLink({ route: { path, name, Icon }, isCurrent }: { route: PageRoute; isCurrent: boolean }) {
  return (
    <Link
      href={path}
      title={name}
      aria-current={isCurrent ? 'page' : undefined}
      className={classNames(
        'flex h-9.5 shrink-0 items-center justify-center gap-3 rounded-lg text-[0.925rem] font-medium transition-colors lg:justify-start lg:px-3',
        isCurrent ? 'bg-accent-soft text-accent' : 'text-ink-2 hover:bg-hover hover:text-ink',
      )}
    >
      <Icon aria-hidden className="size-4.5 shrink-0" />
      <span className="sr-only lg:not-sr-only">{name}</span>
    </Link>
  );
}

/** What a `corvusllm://` link wants to set, above every page. Nothing is applied before the person says so. */
function PendingLink() {
  const pending = useCorvusQuery('links.pending', undefined, { refreshOn: ['links.changed'] }).data;
  return pending && <LinkDialog pending={pending} />;
}
