import { ChevronRight, Search } from 'lucide-react';
import { type KeyboardEvent, useRef, useState } from 'react';
import { customKind, type KnownProvider } from '#shared/domain/provider.ts';
import { TextInput } from '../../components/field.tsx';
import { dialectNames } from '../../lib/dialect-names.ts';

/** Every kind of provider, found by typing. Arrow keys go through the list, Enter takes the first that fits. */
export function KindPicker({ kinds, onPick }: { kinds: readonly KnownProvider[]; onPick: (kind: string) => void }) {
  const [search, setSearch] = useState('');
  const list = useRef<HTMLDivElement>(null);
  const fitting = kinds.filter((kind) => fits(kind, search));
  const groups = [
    { title: 'With your own API key', kinds: fitting.filter(({ isLocal }) => !isLocal) },
    { title: 'On this machine or network', kinds: fitting.filter(({ isLocal }) => isLocal) },
  ].filter((group) => group.kinds.length > 0);

  function move(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || !list.current) return;
    event.preventDefault();
    const stops = [...list.current.querySelectorAll<HTMLElement>('input, button')];
    stops[stops.findIndex((stop) => stop === document.activeElement) + step]?.focus();
  }

  return (
    <div ref={list} className="flex min-h-0 flex-col gap-3">
      <form
        role="search"
        className="relative"
        onSubmit={(submission) => {
          submission.preventDefault();
          onPick(fitting[0]?.kind ?? customKind);
        }}
      >
        <Search
          aria-hidden
          className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-ink-3"
        />
        <TextInput
          type="search"
          autoFocus
          onKeyDown={move}
          aria-label="Search providers"
          placeholder="Search by name or address"
          value={search}
          onChange={(change) => setSearch(change.target.value)}
          className="pl-9"
        />
      </form>
      <p role="status" className="sr-only">
        {search && `${fitting.length} found`}
      </p>
      <div className="-mx-2 max-h-[min(25.5rem,50dvh)] overflow-y-auto px-2">
        {groups.map(({ title, kinds: members }) => (
          <section key={title} aria-label={title} className="mb-3">
            <h3 className="mb-1 px-3 text-xs font-medium text-ink-3">{title}</h3>
            <ul>
              {members.map((kind) => (
                <li key={kind.kind}>
                  <KindRow name={kind.name} facts={factsOf(kind)} onPick={() => onPick(kind.kind)} onKeyDown={move} />
                </li>
              ))}
            </ul>
          </section>
        ))}
        {groups.length === 0 && <p className="px-3 pb-3 text-sm text-ink-2">No provider matches.</p>}
      </div>
      <div className="border-t border-line pt-3">
        <KindRow
          name="Custom endpoint"
          facts="Any address that speaks the OpenAI or Anthropic format"
          onPick={() => onPick(customKind)}
          onKeyDown={move}
        />
      </div>
    </div>
  );
}

interface KindRowProps {
  name: string;
  facts: string;
  onPick: () => void;
  onKeyDown: (event: KeyboardEvent) => void;
}

function KindRow({ name, facts, onPick, onKeyDown }: KindRowProps) {
  return (
    <button
      type="button"
      onClick={onPick}
      onKeyDown={onKeyDown}
      className="flex w-full items-center justify-between gap-3 rounded-lg px-3 py-1.5 text-left transition-colors hover:bg-hover focus-visible:bg-hover"
    >
      <span className="min-w-0">
        <span className="block text-sm font-medium">{name}</span>
        <span className="block truncate text-[0.8125rem] text-ink-3">{facts}</span>
      </span>
      <ChevronRight aria-hidden className="size-4 shrink-0 text-ink-3" />
    </button>
  );
}

function factsOf({ baseUrl, dialects }: KnownProvider): string {
  const place = baseUrl === null ? 'Your own address' : new URL(baseUrl).host;
  return `${place} · ${dialects.map((dialect) => dialectNames[dialect]).join(', ')}`;
}

function fits({ kind, name, baseUrl }: KnownProvider, search: string): boolean {
  const wanted = search.trim().toLowerCase();
  return [kind, name, baseUrl ?? ''].some((text) => text.toLowerCase().includes(wanted));
}
