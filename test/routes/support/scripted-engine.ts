import type { Engine } from '../../../src/engine/engine.js';

type Script = { readonly [K in keyof Engine]?: Partial<Engine[K]> };

/** An engine of which a test scripts what its route calls; anything else that is called fails the test. One run, `r`, is there. */
export function scriptedEngine(script: Script = {}): Engine {
  const { runs, steps, waits, leases, consumers, events, ...rest } = script;
  // `as`: a part with some methods stands for the whole; `part` catches calls of the others.
  return {
    runs: part('runs', { resolve: (name: string | null) => name ?? 'r', ...runs }),
    steps: part('steps', { ...steps }),
    waits: part('waits', { ...waits }),
    leases: part('leases', { ...leases }),
    consumers: part('consumers', { ...consumers }),
    events: part('events', { ...events }),
    readiness: () => ({ ready: true, pending: [] }),
    drain: () => undefined,
    close: async () => undefined,
    ...rest,
  } as unknown as Engine;
}

function part<T extends object>(name: string, methods: T): T {
  return new Proxy(methods, {
    get(target, key) {
      const unscripted = () => {
        throw new Error(`engine.${name}.${String(key)} is not scripted`);
      };
      return Reflect.get(target, key) ?? unscripted;
    },
  });
}
