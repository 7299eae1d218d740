/** Names of Electron members as they were used: `App.quit`, `BrowserWindow.show`. */
export type Recorder = Set<string>;

/**
 * Passes everything on to `target` and writes down what was used. What the stand-in does not have fails at once and by
 * name: a quiet `undefined` would let a call that real Electron answers go untested.
 */
export function recorded<T extends object>(owner: string, target: T, used: Recorder): T {
  return new Proxy(target, {
    get(_target, member) {
      const value: unknown = Reflect.get(target, member, target);
      if (typeof member === 'symbol') return value;
      if (!(member in target)) throw new Error(`The stand-in has no ${owner}.${member}`);
      used.add(`${owner}.${member}`);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set(_target, member, value) {
      used.add(`${owner}.${String(member)}`);
      return Reflect.set(target, member, value, target);
    },
  });
}

/** An Electron event that can be refused. */
export class StandInEvent {
  isPrevented = false;
  preventDefault(): void {
    this.isPrevented = true;
  }
}
