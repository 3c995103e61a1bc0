import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** A third of a share where threads compete, and no claim to a core that the event loop's thread wants. */
const NICE = 5;

/**
 * Lets other threads go before this one: a long reading beside the event loop on few cores held it up for 6 ms at a time. Linux numbers
 * threads as it does processes; elsewhere, or where priorities cannot be set, threads stay equal.
 */
export function stepAside(): void {
  try {
    setPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)), NICE);
  } catch {
    // Slower answers of others now and then, nothing worse.
  }
}
