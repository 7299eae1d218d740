import { type ComponentType, type ReactNode, useEffect, useState } from 'react';

/** A component whose part of the program is loaded when it is first shown, or before. It shows nothing until then. */
export interface Later<Props> {
  (props: Props): ReactNode;
  /** Loads it before it is shown. Where that fails it is tried again when it is shown. */
  load(): Promise<void>;
}

/**
 * In place of React's `lazy` and `Suspense`: once they have shown nothing they hold the part back for 300 ms, which they
 * do at every first opening, however long ago it was loaded.
 */
export function later<Props extends object>(fetchPart: () => Promise<ComponentType<Props>>): Later<Props> {
  let known: ComponentType<Props> | null = null;
  const find = async (): Promise<ComponentType<Props>> => (known ??= await fetchPart());

  function Part(props: Props): ReactNode {
    const [Loaded, setLoaded] = useState(() => known);
    useEffect(() => {
      if (Loaded) return;
      find().then(
        (part) => setLoaded(() => part),
        (error: unknown) =>
          setLoaded(() => {
            // While it is drawn, so that the boundary around it catches it.
            throw error;
          }),
      );
    }, [Loaded]);
    return Loaded && <Loaded {...props} />;
  }
  return Object.assign(Part, {
    async load() {
      await find().catch(() => undefined);
    },
  });
}
