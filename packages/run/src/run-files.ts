import { existsSync } from 'node:fs';
import { DamagedFileError, readStoredText } from '@fin/files';
import { z } from 'zod';

/** `config.json`: the settings and inputs of a run. */
export interface RunConfig<Settings = unknown> {
  readonly settings: Settings;
  /** Sources of its inputs. */
  readonly source: RunSource;
}

/** Sources of a run's inputs, such as paths and digests, by name. */
export type RunSource = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/** Sources that name files or folders with data. */
const dataSources = ['data', 'prices', 'headlines', 'sentences', 'warmUp'] as const;

/** Paths of the data that a run reads. */
export function dataPaths(source: RunSource): string[] {
  return dataSources.flatMap((name) => [source[name]].flat()).filter((path) => typeof path === 'string');
}

/** Schema of `config.json` for these settings. */
export function runConfigSchema<Settings>(settings: z.ZodType<Settings>): z.ZodType<RunConfig<Settings>> {
  const source = z.record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]),
  );
  return z.object({ settings, source });
}

/** `environment.json`: the machine and software of a run. */
export interface RunEnvironment {
  readonly backend: string;
  /** Version of libtensorflow on the native backend, of tfjs elsewhere. */
  readonly tensorflowVersion: string;
  /** Whether the fused ops of @fin/kernels were used. */
  readonly fusedOps: boolean;
  /** The requested precision and how the machine computes it. */
  readonly precision: {
    readonly asked: string;
    readonly decision: { readonly mode: string } | null;
    readonly summary: string;
  };
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  /** Reasons why faster backends were not used. */
  readonly notes: readonly string[];
}

export const runEnvironmentSchema: z.ZodType<RunEnvironment> = z.looseObject({
  backend: z.string(),
  tensorflowVersion: z.string(),
  fusedOps: z.boolean(),
  precision: z.looseObject({
    asked: z.string(),
    decision: z.looseObject({ mode: z.string() }).nullable(),
    summary: z.string(),
  }),
  node: z.string(),
  platform: z.string(),
  cpu: z.string(),
  cores: z.number(),
  notes: z.array(z.string()),
});

/** The part of `data.json` that every kind of run has. */
export const runDataSchema: z.ZodType<{ readonly fingerprint: string }> = z.looseObject({
  /** sha256 of the data. */
  fingerprint: z.string().min(1),
});

/**
 * Parses a JSON file of a run.
 *
 * @param path of the file, for messages
 * @throws {DamagedFileError} naming file and field
 */
export function parseRunFile<T>(path: string, text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new DamagedFileError(path, `it is not JSON (${(error as Error).message})`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new DamagedFileError(path, describeIssue(result.error));
}

/** Reads and parses a JSON file; null if there is none. @throws {DamagedFileError} as {@link parseRunFile} */
export function readRunFile<T>(path: string, schema: z.ZodType<T>): T | null {
  return existsSync(path) ? parseRunFile(path, readStoredText(path), schema) : null;
}

/** The first problem that a schema found, as a clause that names the field. */
export function describeIssue({ issues: [issue] }: z.ZodError): string {
  const field = issue.path.map(String).join('.');
  return field === '' ? issue.message : `${field}: ${issue.message}`;
}
