import { errnoOf } from './errno.js';
import type { Os } from './os.js';

export interface Mount {
  readonly id: string;
  /** The type as the kernel has it, with its subtype: `ext4`, `fuse.gcsfuse`. */
  readonly filesystem: string;
  readonly source: string;
}

/** The mount that an open handle is on, as /proc names it; null where it does not. */
export function mountIdOf(os: Os, fd: number): string | null {
  return /^mnt_id:\s*(\d+)/m.exec(read(os, `/proc/self/fdinfo/${fd}`))?.[1] ?? null;
}

export function mountOf(os: Os, fd: number): Mount | null {
  const id = mountIdOf(os, fd);
  if (id === null) return null;
  return parseMounts(read(os, '/proc/self/mountinfo')).find((mount) => mount.id === id) ?? null;
}

/** Of mountinfo, per proc(5): the optional fields in the middle end with a lone hyphen. */
export function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before, after] = line.split(' - ', 2);
    const id = before?.split(' ', 1)[0];
    const [filesystem, source] = after?.split(' ') ?? [];
    return id && filesystem ? [{ id, filesystem, source: source ?? '' }] : [];
  });
}

export function isGcsfuse(mount: Mount): boolean {
  return (
    mount.filesystem === 'fuse.gcsfuse' ||
    (mount.filesystem.startsWith('fuse') && mount.source.includes('gcsfuse'))
  );
}

/** Empty where there is no /proc, or not this file. */
function read(os: Os, path: string): string {
  try {
    return os.readText('read mounts', path);
  } catch (error) {
    errnoOf(error);
    return '';
  }
}
