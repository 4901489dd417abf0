import { readFile, stat } from 'node:fs/promises';
import { DataInputError } from '../errors.js';

/** Maximum size of an input file, 256 MiB: forty times the Kaggle news file, half of Node's longest string. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

const disguises: readonly { readonly start: string; readonly problem: string; readonly fix: string }[] = [
  {
    start: 'PK\x03\x04',
    problem: 'is a zip archive (or a workbook)',
    fix: 'Unpack it, or save the sheet as CSV.',
  },
  { start: '\x1f\x8b', problem: 'is compressed with gzip', fix: 'Unpack it with `gunzip`.' },
  {
    start: '<!DOCTYPE',
    problem: 'is a web page',
    fix: 'Download the data file itself; Kaggle asks for a login.',
  },
  {
    start: '<html',
    problem: 'is a web page',
    fix: 'Download the data file itself; Kaggle asks for a login.',
  },
  {
    start: 'version https://git-lfs',
    problem: 'is a Git LFS pointer, not the data',
    fix: 'Fetch the data with `git lfs pull`.',
  },
];

/** Reads a regular file that the user named. Throws {@link DataInputError} when there is nothing to parse. */
export async function readInputFile(file: string): Promise<Buffer> {
  const info = await stat(file).catch((cause) => {
    throw unreadable(file, cause);
  });
  if (info.isDirectory()) {
    throw new DataInputError('is a folder, not a file', {
      file,
      fix: 'Give the path of the file inside it.',
    });
  }
  if (!info.isFile()) {
    throw new DataInputError('is not a regular file', { file, fix: 'Save the data to a file first.' });
  }
  if (info.size > MAX_FILE_BYTES) {
    throw new DataInputError(`has ${info.size} bytes, more than the limit of ${MAX_FILE_BYTES} bytes`, {
      file,
      fix: 'Check that it is the right file, or split it.',
    });
  }
  const bytes = await readFile(file).catch((cause) => {
    throw unreadable(file, cause);
  });
  if (bytes.length === 0) {
    throw new DataInputError('is empty', { file, fix: 'Download or write it again.' });
  }
  const start = bytes.toString('latin1', 0, 32);
  const disguise = disguises.find((one) => start.toLowerCase().startsWith(one.start.toLowerCase()));
  if (disguise) throw new DataInputError(disguise.problem, { file, fix: disguise.fix });
  return bytes;
}

function unreadable(file: string, cause: unknown): DataInputError {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') {
    return new DataInputError('there is no such file', { file, fix: 'Check the path.', cause });
  }
  if (code === 'ENOTDIR') {
    return new DataInputError('a part of this path is a file, not a folder', {
      file,
      fix: 'Check the path.',
      cause,
    });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new DataInputError('may not be read', {
      file,
      fix: 'Give yourself read permission for it.',
      cause,
    });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DataInputError(`cannot be read (${reason})`, {
    file,
    fix: 'Check the path and the disk.',
    cause,
  });
}
