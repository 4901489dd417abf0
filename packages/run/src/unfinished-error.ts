import { DamagedFileError } from '@fin/files';

/** A run was to be read that was never finished: it was interrupted, or still goes on. */
export class RunUnfinishedError extends DamagedFileError {
  /** Folder of the run. */
  readonly dir: string;

  constructor(dir: string, manifest: string) {
    const problem = 'it is missing, so this was never finished';
    super(manifest, problem, `${dir} holds a run that was never finished: resume it, and read it then`);
    this.dir = dir;
  }
}
