/** Folder of an unfinished run with the checkpoints that it can be resumed from. */
export const CHECKPOINTS = 'checkpoints';

/** Files that runs of every kind have. */
export const commonFiles = {
  /** Identity and kind of the run; written first. */
  run: 'run.json',
  /** Settings of the run and sources of its inputs. */
  config: 'config.json',
  /** Backend, versions and machine. */
  environment: 'environment.json',
  /** Name, fingerprint and size of the data. */
  data: 'data.json',
  /** One JSON object per epoch. */
  metrics: 'metrics.jsonl',
  /** Size and sha256 of every other file; written last. */
  manifest: 'manifest.json',
} as const;

/** Folder in a run for the report about it. It can be made again, so the manifest does not list it. */
export const REPORT = 'report';

const REPORT_FILE = new RegExp(`^${REPORT}/([\\w-]+\\.html|manifest\\.json|files/[\\w.-]+)$`);

/**
 * Whether a name is one that a report's files have.
 *
 * @param name relative to the run folder, with forward slashes
 */
export const isReportFile = (name: string): boolean => REPORT_FILE.test(name);

/** The files of one kind of run. */
interface KindOfRun {
  /** The kind in words, for messages: "… is the training of a forecaster". */
  readonly words: string;
  /** Files and folders besides {@link commonFiles}, in the order in which they are written. */
  readonly files: Readonly<Record<string, string>>;
  /** The file that is written last, before the manifest; null if the order is free. */
  readonly last: string | null;
}

/** Files of a walk-forward evaluation. */
const walkForwardFiles = {
  /** Of a sweep: every setting with its validation error, and the chosen one. */
  choice: 'choice.json',
  /** Spans of the folds, and the figures of each training. */
  folds: 'folds.json',
  /** Forecasts of every fold, seed and baseline. */
  forecasts: 'forecasts.csv',
  table: 'table.md',
  tableCsv: 'table.csv',
  /** The table with every interval and test. */
  results: 'results.json',
} as const;

/** Files of a part of a walk-forward run. */
const partFiles = {
  /** Forecasts of the part's trainings, each with the digest of its inputs. */
  trainings: 'trainings.jsonl',
} as const;

/** All kinds of runs with their files. */
export const runKinds = {
  /** Made by `trainForecaster` of @fin/forecast. */
  forecaster: {
    words: 'the training of a forecaster',
    files: {
      weights: 'checkpoint/model.safetensors',
      forecaster: 'checkpoint/forecaster.json',
      baselines: 'baselines.csv',
      predictions: 'predictions.csv',
      /** Added by `evaluateRun`. */
      evaluation: 'evaluation.json',
      /** Of a training that was profiled: events of some updates, for `chrome://tracing` and Perfetto. */
      trace: 'trace.json',
      /** Tables of ops, phases and memory. */
      profileTable: 'profile.txt',
      /** The same as data, to compare with another profile. */
      profile: 'profile.json',
    },
    last: 'predictions.csv',
  },
  /** Made by `tuneSentiment` of @fin/sentiment. */
  'sentiment-tuning': {
    words: 'the fine-tuning of a sentiment model',
    files: {
      /** Folder of the whole model, when all weights were trained. */
      model: 'model',
      /** Folder of the adapter in PEFT's format, when adapters were trained. */
      adapter: 'adapter',
      evaluation: 'evaluation.json',
      confusion: 'confusion.json',
      trace: 'trace.json',
      profileTable: 'profile.txt',
      profile: 'profile.json',
    },
    last: 'confusion.json',
  },
  /** Made by `backtest` of @fin/forecast. */
  backtest: {
    words: 'a walk-forward backtest',
    files: walkForwardFiles as typeof walkForwardFiles,
    last: 'results.json',
  },
  /** Made by `sweep` of @fin/forecast. */
  sweep: {
    words: 'a sweep over settings',
    files: walkForwardFiles as typeof walkForwardFiles,
    last: 'results.json',
  },
  /** Made by `trainPart` of @fin/forecast: a share of the trainings of a backtest. */
  'backtest-part': {
    words: 'a part of a walk-forward backtest',
    files: partFiles as typeof partFiles,
    last: 'trainings.jsonl',
  },
  /** Made by `trainPart` of @fin/forecast: a share of the trainings among which a sweep chooses. */
  'sweep-part': {
    words: 'a part of a sweep over settings',
    files: partFiles as typeof partFiles,
    last: 'trainings.jsonl',
  },
  /** Made by `compare` of @fin/compare. */
  comparison: {
    words: 'a comparison of variants',
    files: {
      /** One JSON object per measurement. */
      measurements: 'measurements.jsonl',
      /** Folder of the profiles of the baseline and the optimized variant, one file per job and variant. */
      profiles: 'profiles',
      table: 'table.md',
      tableCsv: 'table.csv',
      /** Variants and their differences with intervals. */
      results: 'results.json',
    },
    last: 'results.json',
  },
  /** Any other run that is written with `RunFolder`. Its files are those in its manifest. */
  custom: { words: 'a run of your own', files: {}, last: null },
} as const;

/** Kind of a run, as spelled in `run.json`. */
export type RunKind = keyof typeof runKinds;

/**
 * Whether a file belongs to runs of a kind, independent of their manifest.
 *
 * @param name relative to the run folder, with forward slashes
 */
export function isFileOfKind(kind: RunKind, name: string): boolean {
  const { files }: KindOfRun = runKinds[kind];
  const owned = [...Object.values(commonFiles), ...Object.values(files), CHECKPOINTS];
  return isReportFile(name) || owned.some((file) => name === file || name.startsWith(`${file}/`));
}
