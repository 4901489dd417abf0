import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A file that the command line names cannot be written. */
export class OutputFileError extends Error {
  readonly kind = 'input';
  readonly file: string;

  constructor(file: string, cause: Error) {
    super(`${file} cannot be written (${cause.message}): name another file`, { cause });
    this.file = file;
  }
}

/** Writes a text file so that a reader never sees half of it; folders on the way are made. @throws {OutputFileError} */
export async function writeTextFile(file: string, text: string): Promise<void> {
  const { writeFileAtomically } = await import('@fin/files');
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFileAtomically(file, text);
  } catch (cause) {
    throw new OutputFileError(file, cause as Error);
  }
}
