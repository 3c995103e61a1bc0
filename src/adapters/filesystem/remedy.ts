import type { SnapshotMode } from '../../engine/file-system.js';

type Mode = Exclude<SnapshotMode, 'none'>;

/** What to do about an error of a build: one sentence, or two. Empty where the error says it all. */
export function remedyFor(errno: string, mode: Mode): string {
  switch (errno) {
    case 'EXDEV':
      return mode === 'copy'
        ? ''
        : `A ${noun(mode)} needs the snapshot directory on the same filesystem and mount as the checkpoints: leave snapshot_dir out, or use snapshot_mode "copy".`;
    case 'EPERM':
    case 'EACCES':
      return permission(errno, mode);
    case 'EMLINK':
      return 'The file has as many hard links as its filesystem allows: use snapshot_mode "reflink" or "copy".';
    case 'ENOSPC':
      return 'The filesystem of the snapshot directory has no space or no inodes left: free some, or release leases.';
    case 'EDQUOT':
      return 'The disk quota of the user that steplease runs as is used up: raise it, or release leases.';
    case 'EROFS':
      return 'The filesystem of the snapshot directory is mounted read-only: set snapshot_dir to a writable one.';
    case 'EOPNOTSUPP':
    case 'ENOTSUP':
    case 'ENOSYS':
    case 'ENOTTY':
    case 'EINVAL':
      return unsupported(mode);
    default:
      return '';
  }
}

function permission(errno: string, mode: Mode): string {
  if (mode !== 'hardlink')
    return 'steplease must be able to read the checkpoint and to write its snapshot directory: run it as the trainer’s user, or give its group the right.';
  const links =
    'While the kernel’s protected_hardlinks is 1, linking another user’s file needs read and write permission on it: run steplease as the trainer’s user, or give the trainer a group-writable umask and steplease its group.';
  return errno === 'EPERM' ? `${links} A filesystem without hard links refuses them the same way.` : links;
}

function unsupported(mode: Mode): string {
  if (mode === 'reflink')
    return 'Reflinks need a filesystem that shares extents, such as btrfs or xfs: use snapshot_mode "hardlink" or "copy".';
  return mode === 'hardlink' ? 'The filesystem has no hard links: use snapshot_mode "copy".' : '';
}

function noun(mode: Mode): string {
  return mode === 'reflink' ? 'reflink' : 'hard link';
}
