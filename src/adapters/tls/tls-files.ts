import type { Cancel, Clock } from '../../engine/clock.js';
import type { Observer } from '../../engine/observer.js';
import { watchFiles } from '../shared/file-watch.js';
import { certificateFacts, readMaterial, type TlsMaterial, type TlsPaths } from './material.js';

/** Certificate and key as they are on disk now: replaced ones are taken, unusable ones are not, and the last good ones stay. */
export class TlsFiles {
  #material: TlsMaterial;
  #take: (material: TlsMaterial) => void = () => undefined;
  #stop: Cancel = () => undefined;

  private constructor(material: TlsMaterial) {
    this.#material = material;
  }

  /** @throws TlsFileError */
  static async open(paths: TlsPaths, clock: Clock, observer: Observer): Promise<TlsFiles> {
    let files: TlsFiles | null = null;
    const read = async (): Promise<TlsMaterial> => {
      const material = await readMaterial(paths);
      observer.certificateTaken(certificateFacts(material, clock.now()));
      return material;
    };
    const all = [paths.cert, paths.key, ...(paths.clientCa === null ? [] : [paths.clientCa])];
    const stop = await watchFiles(all, clock, async () => {
      try {
        const material = await read();
        if (files !== null) files.#replace(material);
      } catch (error) {
        observer.certificateRefused({ reason: error instanceof Error ? error.message : String(error) });
      }
    });
    try {
      files = new TlsFiles(await read());
      files.#stop = stop;
      return files;
    } catch (error) {
      stop();
      throw error;
    }
  }

  get material(): TlsMaterial {
    return this.#material;
  }

  /** Whoever uses the material is told of each newer one. */
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
