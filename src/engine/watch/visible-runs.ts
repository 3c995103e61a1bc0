import type { RunGlobs } from '../access/run-globs.js';
import { EngineError } from '../errors.js';
import { DEFAULT_RUN } from '../names.js';
import { runNotFound } from './run-errors.js';
import type { LiveRun, RunRegistry } from './run-registry.js';

/**
 * The runs as somebody sees them: one outside the globs is as missing as one that was never registered. For whoever calls, this is the
 * one way from a name to a run; what belongs to runs in other ways (leases, events, waits) is asked for with `sight`.
 */
export class VisibleRuns {
  readonly sight: RunGlobs;
  readonly #registry: RunRegistry;

  constructor(registry: RunRegistry, sight: RunGlobs) {
    this.#registry = registry;
    this.sight = sight;
  }

  /** By name. */
  all(): readonly LiveRun[] {
    return this.#registry.all().filter(({ run }) => this.sight.sees(run.name));
  }

  /** @throws EngineError `run_not_found` */
  get(name: string): LiveRun {
    const live = this.#find(name);
    if (live === null) throw runNotFound(name);
    return live;
  }

  /**
   * The run that a request means without naming one: `default`, so that a run which somebody registers beside it changes nothing for
   * those who are there; else the only one.
   *
   * @throws EngineError `run_required`
   */
  meant(): LiveRun {
    // Before the others are looked through: most requests of a server with `default` come here.
    const usual = this.#find(DEFAULT_RUN);
    if (usual !== null) return usual;
    const runs = this.all();
    const [only, ...others] = runs;
    if (only !== undefined && others.length === 0) return only;
    const names = runs.map(({ run }) => run.name);
    const detail =
      names.length === 0
        ? 'no run is registered'
        : `${names.length} runs are registered, and none is called "${DEFAULT_RUN}": ${names.slice(0, 10).join(', ')}`;
    throw new EngineError('run_required', detail, {
      hint:
        names.length === 0
          ? 'register one with PUT /runs/{run}, or start the server with its directory'
          : 'add ?run=NAME to the query',
    });
  }

  #find(name: string): LiveRun | null {
    return this.sight.sees(name) ? this.#registry.find(name) : null;
  }
}
