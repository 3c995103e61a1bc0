import type { Clock } from '../clock.js';
import type { Interrupt } from './interrupt.js';

/** Resolves when the time has passed or the interrupt is raised. */
export function pause(clock: Clock, interrupt: Interrupt, delayMs: number): Promise<void> {
  if (interrupt.reason !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      interrupt.forget(end);
      resolve();
    };
    const cancel = clock.after(delayMs, end);
    interrupt.listen(end);
  });
}
