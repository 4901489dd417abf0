import { DamagedFileError } from '@fin/files';

/** A run folder cannot be used as requested. The message names the problem and the fix. */
export class RunInputError extends Error {
  readonly kind = 'input';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A run may not be written to this folder. */
export class RunExistsError extends RunInputError {
  readonly dir: string;

  constructor(dir: string, message: string) {
    super(message);
    this.dir = dir;
  }
}

/** A file or folder cannot be written, or must not be replaced. */
export class OutputError extends RunInputError {
  /** The file or folder. */
  readonly file: string;

  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(`${file} cannot be written (${problem}): choose another place`, options);
    this.file = file;
  }
}

/** An unfinished run cannot be read: it was interrupted, or is still being written. */
export class RunUnfinishedError extends DamagedFileError {
  /** Folder of the run. */
  readonly dir: string;

  constructor(dir: string, manifest: string) {
    const problem = 'it is missing, so this was never finished';
    super(manifest, problem, `${dir} holds a run that was never finished: resume it, and read it then`);
    this.dir = dir;
  }
}
