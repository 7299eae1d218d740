import { QueryClientProvider } from '@tanstack/react-query';
import { useState } from 'react';
import { Router } from 'wouter';
import { memoryLocation } from 'wouter/memory-location';
import { ToastHost } from '../../src/renderer/components/toast-host.tsx';
import { classNames } from '../../src/renderer/lib/class-names.ts';
import { clientWith } from './answers.ts';
import type { Entry, Group } from './entry.ts';
import { groups } from './groups.ts';

const themes = ['light', 'dark'] as const;

export function Gallery() {
  const parameters = new URLSearchParams(location.search);
  const wanted = parameters.get('group');
  const group = groups.find(({ id }) => id === wanted) ?? groups[0];
  return (
    <div className="mx-auto max-w-[92rem] px-4 py-6">
      <title>{`${group?.name ?? 'Gallery'} · Gallery`}</title>
      <header className="mb-6 flex flex-wrap items-center justify-between gap-3">
        <nav aria-label="Groups" className="flex flex-wrap gap-x-4 gap-y-1">
          {groups.map(({ id, name }) => (
            <a
              key={id}
              href={address(id, parameters.get('theme'))}
              aria-current={id === group?.id ? 'page' : undefined}
              className={classNames(
                'rounded text-sm font-medium',
                id === group?.id ? 'text-ink' : 'text-accent hover:underline',
              )}
            >
              {name}
            </a>
          ))}
        </nav>
        <nav aria-label="Theme" className="flex gap-4">
          {themes.map((theme) => (
            <a
              key={theme}
              href={address(group?.id ?? '', theme)}
              className="rounded text-sm font-medium text-accent hover:underline"
            >
              {theme}
            </a>
          ))}
        </nav>
      </header>
      {group && <Entries group={group} />}
      <ToastHost />
    </div>
  );
}

function address(group: string, theme: string | null): string {
  return `?${new URLSearchParams({ group, ...(theme === null ? {} : { theme }) }).toString()}`;
}

function Entries({ group }: { group: Group }) {
  return (
    <main>
      <h1 className="mb-4 text-[1.55rem] leading-9 font-semibold tracking-tight">{group.name}</h1>
      <div className="flex flex-col gap-8">
        {group.entries.map((shown) => (
          <EntryFrame key={shown.name} shown={shown} />
        ))}
      </div>
    </main>
  );
}

function EntryFrame({ shown: { name, content, answers = [] } }: { shown: Entry }) {
  const [client] = useState(() => clientWith(answers));
  // Links lead nowhere: the pages they name are not here.
  const [where] = useState(() => memoryLocation({ path: '/', static: true }));
  return (
    <section data-entry={name} aria-label={name} className="min-w-0">
      <p className="mb-2 text-xs font-medium text-ink-3">{name}</p>
      <QueryClientProvider client={client}>
        <Router hook={where.hook} searchHook={where.searchHook}>
          {content}
        </Router>
      </QueryClientProvider>
    </section>
  );
}
