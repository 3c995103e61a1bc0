import type { Engine, EngineView } from '../../../src/engine/engine.js';

type Script = { readonly [K in keyof EngineView]?: Partial<EngineView[K]> } & Partial<Omit<Engine, 'as'>>;

/** An engine of which a test scripts what its route calls; anything else that is called fails the test. One run, `r`, is there. */
export function scriptedEngine(script: Script = {}): Engine {
  const { runs, steps, waits, leases, consumers, events, ...rest } = script;
  // `as`: a part with some methods stands for the whole; `part` catches calls of the others.
  const view = {
    runs: part('runs', { resolve: (name: string | null) => name ?? 'r', ...runs }),
    steps: part('steps', { ...steps }),
    waits: part('waits', { ...waits }),
    leases: part('leases', { ...leases }),
    consumers: part('consumers', { ...consumers }),
    events: part('events', { ...events }),
  } as unknown as EngineView;
  return {
    as: () => view,
    readiness: () => ({ ready: true, pending: [] }),
    drain: () => undefined,
    close: async () => undefined,
    ...rest,
  };
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
