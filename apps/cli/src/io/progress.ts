import type { Io } from './io.js';

/** Redraws of a terminal's line per second. */
const FRAMES_PER_SECOND = 10;
/** Without a terminal: at most one plain line in this time, so that logs stay readable. */
const PLAIN_LINE_MS = 5_000;
/** Before this much work has been timed, the time left is anybody's guess and is not told. */
const TIMED_MS = 2_000;
const BAR_WIDTH = 24;

/** Progress of long work in one or more phases, on stderr: a bar that redraws itself on a terminal, plain lines elsewhere. */
export interface Progress {
  /** `done` of `total` steps of a phase; `note` is what changes, such as the loss. */
  update(phase: string, done: number, total: number, note?: string): void;
  /** A line of its own that stays. */
  line(text: string): void;
  /** Ends the bar's line. */
  end(): void;
}

const duration = (ms: number): string => {
  const seconds = Math.round(ms / 1000);
  return seconds < 60
    ? `${seconds} s`
    : `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
};

export function createProgress({ stderr }: Io): Progress {
  let phase = '';
  let started = { time: 0, done: 0 };
  let last = Number.NEGATIVE_INFINITY;
  let drawn = false;
  const clear = () => {
    if (drawn) stderr.write('\r\u001b[2K');
    drawn = false;
  };
  return {
    update(label, done, total, note = '') {
      const now = performance.now();
      if (label !== phase) {
        clear();
        phase = label;
        started = { time: now, done: Math.max(0, done - 1) };
        last = now;
      }
      const finished = done >= total;
      if (!finished && now - last < (stderr.isTTY ? 1000 / FRAMES_PER_SECOND : PLAIN_LINE_MS)) return;
      last = now;
      const share = total > 0 ? Math.min(1, done / total) : 1;
      const elapsed = now - started.time;
      const left =
        elapsed > TIMED_MS && !finished
          ? `, ${duration((elapsed / (done - started.done)) * (total - done))} left`
          : '';
      const text = `${done}/${total}${left}${note && `  ${note}`}`;
      if (stderr.isTTY) {
        const filled = Math.round(share * BAR_WIDTH);
        const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}`;
        stderr.write(`\r\u001b[2K${`${label} ${bar} ${text}`.slice(0, (stderr.columns ?? 100) - 1)}`);
        drawn = true;
      } else stderr.write(`${label}: ${text}\n`);
    },
    line(text) {
      clear();
      stderr.write(`${text}\n`);
    },
    end() {
      if (drawn) stderr.write('\n');
      drawn = false;
    },
  };
}
