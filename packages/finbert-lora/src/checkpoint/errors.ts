import { SafetensorsError } from '@fin/files/safetensors';

/** A violation of the zip, pickle or torch format. {@link asCheckpointError} adds the name of the file. */
export class FormatFault extends Error {
  override readonly name = 'FormatFault';
}

/**
 * A checkpoint cannot be used: it is missing, damaged, of an unsupported format, or does more than hold tensors. The message
 * names the file and the fix.
 */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
  /** Error kind for a command line: print the message only, and exit as for wrong input. */
  readonly kind = 'input';
  /** Path of the file or folder, null for bytes in memory. */
  readonly file: string | null;

  constructor(message: string, { file = null, cause }: { file?: string | null; cause?: unknown } = {}) {
    super(`${file ?? 'checkpoint data'}: ${message}`, cause === undefined ? {} : { cause });
    this.file = file;
  }
}

/** Calls `act` and turns format violations and read errors into a {@link CheckpointError}. */
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
