import { createRequire } from 'node:module';
import { findStderrFilter } from '../install/stderr-filter.js';

/** The addon `native/stderr-filter.cc`. */
interface StderrFilter {
  /** Starts to hold back the output to file descriptor 2. Returns false if that is not possible. */
  begin(): boolean;
  /** Stops holding back and returns the bytes that were held back. */
  end(): Buffer;
}

/**
 * Lines that TensorFlow prints while its library loads, before it reads TF_CPP_MIN_LOG_LEVEL. They describe its build, not a
 * problem.
 */
const START_UP_LINES = [
  /^WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR$/,
  /^I\d{4} .*\] oneDNN custom operations are on\./,
  /^I\d{4} .*\] This TensorFlow binary is optimized to use available CPU instructions/,
  /^To enable the following instructions: /,
];

/**
 * Returns a function that runs `load` without TensorFlow's start-up lines on stderr. All other output is printed afterwards. If
 * the process dies during `load`, all output is printed. If the addon is not in the cache, nothing is hidden.
 */
export async function startUpLinesHidden(): Promise<<T>(load: () => T) => T> {
  const path = await findStderrFilter().catch(() => null);
  const filter = path === null ? null : tryRequire(path);
  return (load) => {
    if (!filter?.begin()) return load();
    try {
      return load();
    } finally {
      const rest = withoutStartUpLines(filter.end().toString());
      if (rest !== '') process.stderr.write(rest);
    }
  };
}

function tryRequire(path: string): StderrFilter | null {
  try {
    return createRequire(import.meta.url)(path) as StderrFilter;
  } catch {
    return null; // damaged: the lines are printed
  }
}

function withoutStartUpLines(text: string): string {
  return text
    .split(/(?<=\n)/)
    .filter((line) => !START_UP_LINES.some((pattern) => pattern.test(line.trimEnd())))
    .join('');
}
