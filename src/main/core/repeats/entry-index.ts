/** The bucket in which a request is looked up: same key, path and length. A miss needs no digest of the body. */
export type Group = string;

interface Place {
  group: Group;
  digest: string;
}

/** A bounded index of entries by group and digest; the least recently used are evicted first. */
export interface EntryIndex<Entry> {
  knows(group: Group): boolean;
  find(group: Group, digest: string): Entry | null;
  /** Adds it, or counts it as used just now. */
  use(entry: Entry, place: Place): void;
  remove(entry: Entry): void;
  all(): Entry[];
}

export function createEntryIndex<Entry extends object>(mostEntries: number): EntryIndex<Entry> {
  const groups = new Map<Group, Map<string, Entry>>();
  /** The least recently used first. */
  const places = new Map<Entry, Place>();

  function remove(entry: Entry): void {
    const place = places.get(entry);
    if (!place) return;
    places.delete(entry);
    const group = groups.get(place.group);
    group?.delete(place.digest);
    if (group?.size === 0) groups.delete(place.group);
  }

  return {
    knows: (group) => groups.has(group),
    find: (group, digest) => groups.get(group)?.get(digest) ?? null,
    use(entry, place) {
      groups.set(place.group, (groups.get(place.group) ?? new Map<string, Entry>()).set(place.digest, entry));
      places.delete(entry);
      places.set(entry, place);
      const [oldest] = places.keys();
      if (places.size > mostEntries && oldest) remove(oldest);
    },
    remove,
    all: () => [...places.keys()],
  };
}
