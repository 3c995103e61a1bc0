import type { Located } from '../../engine/file-system.js';

/** The magic numbers of statfs(2). Whatever is not known to be local is polled: that is right everywhere, only slower. */
const LOCAL: ReadonlyMap<bigint, string> = new Map([
  [0xef53n, 'ext4'],
  [0x58465342n, 'xfs'],
  [0x9123683en, 'btrfs'],
  [0x01021994n, 'tmpfs'],
  [0x858458f6n, 'ramfs'],
  [0x2fc12fc1n, 'zfs'],
  [0x794c7630n, 'overlay'],
  [0xf2f52010n, 'f2fs'],
  [0xca451a4en, 'bcachefs'],
  [0x3153464an, 'jfs'],
  [0x52654973n, 'reiserfs'],
  [0xf15fn, 'ecryptfs'],
]);

const NETWORK: ReadonlyMap<bigint, string> = new Map([
  [0x6969n, 'nfs'],
  [0xff534d42n, 'cifs'],
  [0xfe534d42n, 'smb2'],
  [0x517bn, 'smb'],
  [0x65735546n, 'fuse'],
  [0x01021997n, '9p'],
  [0x0bd00bd0n, 'lustre'],
  [0x47504653n, 'gpfs'],
  [0x00c36400n, 'ceph'],
  [0x19830326n, 'beegfs'],
  [0x5346414fn, 'afs'],
  [0x6b414653n, 'afs'],
  [0x7461636fn, 'ocfs2'],
  [0x01161970n, 'gfs2'],
  [0x20030528n, 'orangefs'],
]);

export interface Medium {
  readonly medium: Located['medium'];
  readonly filesystem: string;
}

/** @param type the magic number, as a signed or unsigned integer of whatever width the platform gives. */
export function mediumOf(type: bigint): Medium {
  const magic = BigInt.asUintN(32, type);
  const local = LOCAL.get(magic);
  if (local !== undefined) return { medium: 'local', filesystem: local };
  return { medium: 'network', filesystem: NETWORK.get(magic) ?? `0x${magic.toString(16)}` };
}
