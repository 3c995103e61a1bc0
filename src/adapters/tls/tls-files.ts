import type { Cancel, Clock } from '../../engine/clock.js';
import type { Observer } from '../../engine/observer.js';
import { followFiles } from '../shared/file-watch.js';
import { certificateFacts, readMaterial, type TlsMaterial, type TlsPaths } from './material.js';

/** Certificate and key as they are on disk now: replaced ones are taken, unusable ones are not, and the last good ones stay. */
export class TlsFiles {
  /** Null only until the files were read for the first time, which `open` waits for. */
  #material: TlsMaterial | null = null;
  #take: (material: TlsMaterial) => void = () => undefined;
  #stop: Cancel = () => undefined;

  private constructor() {}

  /** @throws TlsFileError */
  static async open(paths: TlsPaths, clock: Clock, observer: Observer): Promise<TlsFiles> {
    const files = new TlsFiles();
    const all = [paths.cert, paths.key, ...(paths.clientCa === null ? [] : [paths.clientCa])];
    files.#stop = await followFiles(all, clock, {
      read: () => readMaterial(paths),
      take: (material) => {
        observer.certificateTaken(certificateFacts(material, clock.now()));
        files.#replace(material);
      },
      refused: (reason) => observer.certificateRefused({ reason }),
    });
    return files;
  }

  get material(): TlsMaterial {
    if (this.#material === null) throw new Error('the files were not read yet');
    return this.#material;
  }

  /** @param take is given each newer material. */
  onChange(take: (material: TlsMaterial) => void): void {
    this.#take = take;
  }

  close(): void {
    this.#stop();
  }

  #replace(material: TlsMaterial): void {
    this.#material = material;
    this.#take(material);
  }
}
