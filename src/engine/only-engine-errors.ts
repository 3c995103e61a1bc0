import { EngineError } from './errors.js';
import { StorageError } from './storage-error.js';

type Method = (...args: never[]) => unknown;

/**
 * Keeps the promise of `Engine`: whatever its methods throw is an `EngineError`, with what was thrown as its cause. What nobody foresaw is
 * `internal`, and its message stays inside.
 */
export function onlyEngineErrors<T extends { readonly [K in keyof T]: Method }>(methods: T): T {
  const guarded = Object.entries<Method>(methods).map(([name, method]) => [
    name,
    (...args: never[]) => guard(() => method(...args)),
  ]);
  // The same names, and each takes and gives what it did.
  return Object.fromEntries(guarded) as T;
}

function guard(call: () => unknown): unknown {
  try {
    const result = call();
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => {
      throw engineErrorOf(error);
    });
  } catch (error) {
    throw engineErrorOf(error);
  }
}

function engineErrorOf(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  if (error instanceof StorageError && (error.kind === 'full' || error.kind === 'read_only')) {
    return new EngineError('insufficient_storage', error.message, {
      hint: 'free space, or make the disk writable, and try again: nothing was lost',
      cause: error,
    });
  }
  return new EngineError(
    'internal',
    'the server failed to answer; its log has the reason under this request id',
    { cause: error },
  );
}
