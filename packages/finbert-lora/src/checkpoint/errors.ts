import { SafetensorsError } from '@fin/files/safetensors';

/** What breaks a rule of the zip, pickle or torch format, before the file that it stands in is named. */
export class FormatFault extends Error {
  override readonly name = 'FormatFault';
}

/**
 * A checkpoint cannot be used: not there, damaged, of a kind that is not read, or made to do more than hold tensors. The
 * message names the file and the way out.
 */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
  /** The user's file is at fault, not this program: print the message alone. */
  readonly kind = 'input';
  /** Path of the file or folder, null for bytes in memory. */
  readonly file: string | null;

  constructor(message: string, { file = null, cause }: { file?: string | null; cause?: unknown } = {}) {
    super(`${file ?? 'checkpoint data'}: ${message}`, cause === undefined ? {} : { cause });
    this.file = file;
  }
}

/** Runs `act`; what it finds wrong with the file's format, or the system with reading it, ends in a {@link CheckpointError}. */
export async function asCheckpointError<T>(file: string | null, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (cause instanceof FormatFault) {
      const advice = 'Fetch it again, or save it as safetensors with the library that wrote it';
      throw new CheckpointError(`${cause.message}. ${advice}.`, { file, cause });
    }
    if (cause instanceof SafetensorsError) {
      throw new CheckpointError(cause.message.replace(`${file}: `, ''), { file, cause });
    }
    throw cause;
  }
}
