import type { Clock } from '../clock.js';
import { Interrupt } from './interrupt.js';
import type { Wakeup } from './wakeup.js';

/** Sleeps until the wakeup's version is no longer `seen`, the interrupt is raised, or `delayMs` have passed; null: however long it takes. */
export async function nap(
  clock: Clock,
  wakeup: Wakeup,
  seen: number,
  interrupt: Interrupt,
  delayMs: number | null,
): Promise<void> {
  if (delayMs === null) return wakeup.changed(seen, interrupt);
  const alarm = new Interrupt();
  const ring = () => alarm.raise('deadline');
  const cancel = clock.after(delayMs, ring);
  interrupt.listen(ring);
  try {
    await wakeup.changed(seen, alarm);
  } finally {
    cancel();
    interrupt.forget(ring);
  }
}
