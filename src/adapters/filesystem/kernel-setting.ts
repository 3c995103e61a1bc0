import { errnoOf } from './errno.js';
import { nodeOs } from './os.js';

/** A setting of the kernel, by its path below `/proc/sys`; null where there is none. */
export function kernelSetting(path: string): string | null {
  try {
    return nodeOs.readText('read kernel setting', `/proc/sys/${path}`).trim();
  } catch (error) {
    errnoOf(error);
    return null;
  }
}
