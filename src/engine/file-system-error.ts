/** A system call that failed, or a rule of the filesystem's adapter that the kernel does not know. */
export class FileSystemError extends Error {
  /** Such as `ENOENT`. */
  readonly code: string;

  constructor(code: string, detail: string) {
    super(detail);
    this.name = 'FileSystemError';
    this.code = code;
  }
}
