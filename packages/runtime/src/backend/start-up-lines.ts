import { createRequire } from 'node:module';
import { findStderrFilter } from '../install/stderr-filter.js';

/** The addon `native/stderr-filter.cc`. */
interface StderrFilter {
  /** Holds back what is written to file descriptor 2 from now on; false if that is not possible. */
  begin(): boolean;
  /** Ends it and returns what was held back. */
  end(): Buffer;
}

/**
 * Lines that TensorFlow prints while its library loads, before it reads TF_CPP_MIN_LOG_LEVEL. They tell of its build, not of a
 * problem.
 */
const START_UP_LINES = [
  /^WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR$/,
  /^I\d{4} .*\] oneDNN custom operations are on\./,
  /^I\d{4} .*\] This TensorFlow binary is optimized to use available CPU instructions/,
  /^To enable the following instructions: /,
];

/**
 * Makes a function that runs `load` without TensorFlow's start-up lines on stderr. Everything else that is written meanwhile is
 * printed afterwards; if the process dies, all of it is printed. Without the addon in the cache `load` just runs.
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
