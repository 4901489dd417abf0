import { FileInputError, readRegularFileSync } from '@fin/files';

/** A megabyte; a larger file is something else. */
const MAX_BYTES = 1e6;

/**
 * Reads a file of settings, JSON or YAML (of which JSON is a part).
 *
 * @throws {FileInputError} naming file and line when it cannot be read
 */
export async function readSettingsFile(file: string): Promise<Record<string, unknown>> {
  const value = await parseFile(file);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new FileInputError(file, 'does not hold settings by name: write one per line, such as `epochs: 5`');
}

async function parseFile(file: string): Promise<unknown> {
  const { parse, YAMLParseError } = await import('yaml'); // 70 modules, which few commands need
  try {
    return parse(readRegularFileSync(file, { maxBytes: MAX_BYTES }).toString('utf8'));
  } catch (error) {
    if (error instanceof FileInputError) throw error;
    if (error instanceof YAMLParseError) {
      const [problem] = error.message.split('\n');
      throw new FileInputError(file, `is neither JSON nor YAML: ${problem.replace(/:$/, '')}`);
    }
    throw new FileInputError(file, `cannot be read (${(error as Error).message})`);
  }
}
