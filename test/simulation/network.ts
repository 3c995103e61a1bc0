import { ANONYMOUS } from '../../src/engine/access/principal.js';
import type { EngineView } from '../../src/engine/engine.js';
import { EngineError, type ErrorCode } from '../../src/engine/errors.js';
import type { Service } from './server/service.js';
import type { World } from './world.js';

/** What a client hears of a request. */
export type Heard<T> =
  | { readonly kind: 'answer'; readonly value: T; readonly sentMs: number }
  | { readonly kind: 'error'; readonly code: ErrorCode; readonly sentMs: number }
  /** Nothing: the service was not there, or went, or the client hung up. Whether it did anything is unknown. */
  | { readonly kind: 'nothing'; readonly sentMs: number };

export interface Sent<T> {
  readonly heard: Promise<Heard<T>>;
  hangUp(): void;
}

/** Carries requests to whichever service lives when they arrive, and answers back. */
export class Network {
  readonly #world: World;
  readonly #service: () => Service | null;

  constructor(world: World, service: () => Service | null) {
    this.#world = world;
    this.#service = service;
  }

  /**
   * @param answered runs when the service answers, whether or not the answer arrives: what is promised counts from then.
   * @param refused runs when it answers with an error.
   */
  send<T>(
    who: string,
    what: string,
    request: (engine: EngineView, signal: AbortSignal) => Promise<T>,
    answered: (value: T, isHeard: boolean) => void = () => undefined,
    refused: (code: ErrorCode, service: Service) => void = () => undefined,
  ): Sent<T> {
    const { agenda, trace, chance } = this.#world;
    const abort = new AbortController();
    const sentMs = agenda.nowMs;
    const heard = new Promise<Heard<T>>((hear) => {
      const nothing = () => hear({ kind: 'nothing', sentMs });
      abort.signal.addEventListener('abort', () => agenda.in(0, 'client goes on', nothing));
      trace.add(who, what);
      const arrive = () => {
        const service = this.#service();
        const engine = service?.engine ?? null;
        if (service === null || engine === null) {
          agenda.in(chance.duration(0.1, 5), 'refused', nothing);
          return;
        }
        const tell = (text: string, heardAs: () => void) => {
          trace.add(who, `${what} -> ${text}${abort.signal.aborted ? ' (hung up)' : ''}`);
          service.process.onDeath(() => undefined);
          agenda.in(chance.duration(0.1, 20), 'answer', heardAs);
        };
        service.process.onDeath(() => agenda.in(chance.duration(0.1, 50), 'connection ends', nothing));
        service.process.later(0, 'request', () => {
          request(engine.as(ANONYMOUS), abort.signal).then(
            (value) => {
              this.#guard(() => answered(value, !abort.signal.aborted));
              tell('answered', () => hear({ kind: 'answer', value, sentMs }));
            },
            (error: unknown) => {
              if (!(error instanceof EngineError)) return this.#world.fail(error);
              this.#guard(() => refused(error.code, service));
              tell(error.code, () => hear({ kind: 'error', code: error.code, sentMs }));
            },
          );
        });
      };
      agenda.in(chance.duration(0.1, 20), 'request arrives', arrive);
    });
    return { heard, hangUp: () => abort.abort() };
  }

  #guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#world.fail(error);
    }
  }
}
