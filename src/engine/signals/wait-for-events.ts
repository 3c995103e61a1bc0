import type { Interrupt } from './interrupt.js';
import type { Wakeup } from './wakeup.js';

/**
 * Looks, and looks again after every wakeup, until `look` finds something (null: nothing yet) or the interrupt is raised.
 * The version is read before each look: what is appended while it looks makes it look again.
 */
export async function waitForEvents<T>(
  wakeup: Wakeup,
  interrupt: Interrupt,
  look: () => T | null | Promise<T | null>,
): Promise<T | null> {
  for (;;) {
    const seen = wakeup.version;
    const found = await look();
    if (found !== null) return found;
    if (interrupt.reason !== null) return null;
    await wakeup.changed(seen, interrupt);
  }
}
