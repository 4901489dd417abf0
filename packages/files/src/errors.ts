/** Invalid input. The message names the problem and the fix. */
export class FileInputError extends Error {
  readonly kind = 'input';
  /** File or folder with the problem. */
  readonly file: string;
  /** The message without the file. */
  readonly problem: string;

  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(`${file}: ${problem}`, options);
    this.name = new.target.name;
    this.file = file;
    this.problem = problem;
  }
}

/** A file differs from its manifest, or is not valid in its format. */
export class DamagedFileError extends Error {
  readonly kind = 'input';
  readonly path: string;
  /** The problem, as a clause. */
  readonly problem: string;

  constructor(path: string, problem: string, message: string = `${path} is damaged: ${problem}`) {
    super(message);
    this.name = new.target.name;
    this.path = path;
    this.problem = problem;
  }
}

/** Advice for the system's error codes. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free some space or choose a folder on another disk',
  EDQUOT: 'your disk quota is used up: free some space or choose a folder on another disk',
  EROFS: 'the file system is read-only: choose another folder',
  EACCES: 'permission is denied: choose a folder that you may write to',
  EPERM: 'permission is denied: choose a folder that you may write to',
  ENOTDIR: 'part of the path is a file, not a folder',
  EMFILE: 'this process has too many files open',
};

/** A file could not be written. No partial file is left under its name. */
export class FileWriteError extends Error {
  readonly kind = 'environment';
  readonly path: string;
  /** The system's error code, such as `ENOSPC`. */
  readonly code: string;

  constructor(path: string, cause: unknown) {
    const { code = 'unknown', message } = cause as NodeJS.ErrnoException;
    super(`${path} could not be written: ${ADVICE[code] ?? message}`, { cause });
    this.name = new.target.name;
    this.path = path;
    this.code = code;
  }
}

/** Turns a system error, anywhere in the chain of causes, into a {@link FileWriteError}. Returns other errors unchanged. */
export function asFileWriteError(path: string, error: unknown): unknown {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof FileWriteError) return cause;
    if ('syscall' in cause) return new FileWriteError(path, cause);
  }
  return error;
}
