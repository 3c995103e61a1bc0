import { type HappeningName, type Happenings, type Observer, observerOf } from '../../src/engine/observer.js';

interface Seen<Name extends HappeningName = HappeningName> {
  readonly name: Name;
  readonly happening: Happenings[Name];
  /** A `next` gave it to the test already. */
  taken: boolean;
}

type Predicate<Name extends HappeningName> = (happening: Happenings[Name]) => boolean;

/** Far above what any awaited happening takes, on a loaded machine too. */
const WITHIN_MS = 60_000;

/** Watches what a component tells, so that a test awaits what it wants to see and sleeps nowhere. */
export class Observed {
  readonly observer: Observer;
  private readonly seen: Seen[] = [];
  private readonly listeners = new Set<() => void>();

  constructor() {
    this.observer = observerOf((name, happening) => {
      this.seen.push({ name, happening, taken: false });
      for (const listener of [...this.listeners]) listener();
    });
  }

  /**
   * Gives the first happening of that name that fits and was not given before, waiting for it if need be. What happened before the call counts, so
   * there is no race between acting and awaiting.
   */
  next<Name extends HappeningName>(
    name: Name,
    predicate: Predicate<Name> = () => true,
    withinMs = WITHIN_MS,
  ): Promise<Happenings[Name]> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.seen.find(isA(name, (seen) => !seen.taken && predicate(seen.happening)));
        if (found === undefined) return;
        found.taken = true;
        this.listeners.delete(look);
        clearTimeout(timer);
        resolve(found.happening);
      };
      const timer = setTimeout(() => {
        this.listeners.delete(look);
        reject(new Error(`no ${name} that fits within ${withinMs} ms; seen: ${this.describe()}`));
      }, withinMs);
      this.listeners.add(look);
      look();
    });
  }

  /** Everything of that name so far, given or not. */
  all<Name extends HappeningName>(name: Name): readonly Happenings[Name][] {
    return this.seen.filter(isA(name, () => true)).map((seen) => seen.happening);
  }

  private describe(): string {
    const lines = this.seen.map(
      ({ name, happening, taken }) => `${name}${taken ? ' (taken)' : ''} ${show(happening)}`,
    );
    return lines.length === 0 ? 'nothing' : lines.join('\n');
  }
}

function isA<Name extends HappeningName>(name: Name, fits: (seen: Seen<Name>) => boolean) {
  // What stands under a name is what the observer was told under it.
  return (seen: Seen): seen is Seen<Name> => seen.name === name && fits(seen as Seen<Name>);
}

function show(happening: object): string {
  return JSON.stringify(happening, (_key, value: unknown) =>
    value instanceof Error ? value.message : value,
  );
}
