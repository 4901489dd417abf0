import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { DamagedFileError, ManifestFile } from '@fin/files';
import { readManifest } from '@fin/files';
import { epochLossesSchema } from '@fin/forecast';
import type { RunKind } from '@fin/run';
import { commonFiles, RunFolder, readableRoot } from '@fin/run';
import type { EpochRow } from '@fin/viz';
import { z } from 'zod';

/** No report can be made from a run folder. The message names the file and the fix. */
export class ReportInputError extends Error {
  override readonly name = 'ReportInputError';
  readonly kind = 'input';
}

/** What the report shows of a run of any kind. */
export interface CommonParts {
  /** Name of the folder. */
  readonly name: string;
  readonly config: unknown;
  readonly environment: unknown;
  /** Files of the run with their checksums, from its manifest. */
  readonly files: readonly ManifestFile[];
  readonly epochs: readonly EpochRow[];
}

/** Reads the files of one run, after they were compared with the manifest. Errors name the file, its writer and the fix. */
export class RunReader {
  readonly #folder: RunFolder;
  /** Command that writes the run again. */
  readonly #again: string;

  private constructor(folder: RunFolder, again: string) {
    this.#folder = folder;
    this.#again = again;
  }

  /**
   * @param again the commands that write the run again, for messages
   * @throws RunInputError of `@fin/run` when there is no run of the kind in the folder
   * @throws DamagedFileError of `@fin/files` when a file differs from what the run wrote
   */
  static async open(dir: string, kind: RunKind, again: string): Promise<RunReader> {
    return new RunReader(await RunFolder.open(dir, kind), again);
  }

  path(name: string): string {
    return this.#folder.path(name);
  }

  /** @param writer command that writes the file, for the message when it is missing */
  async text(name: string, writer: string): Promise<string> {
    try {
      return await this.#folder.readText(name);
    } catch (cause) {
      const { problem: reason } = cause as DamagedFileError;
      const problem = existsSync(this.path(name)) ? `cannot be read (${reason})` : 'is not there';
      throw new ReportInputError(`${this.path(name)} ${problem}; ${writer} writes it`, { cause });
    }
  }

  async json<T>(name: string, writer: string, schema: z.ZodType<T>): Promise<T> {
    return this.#parse(this.path(name), await this.text(name, writer), schema);
  }

  /** Reads a file with a JSON value on each line. Empty lines are skipped. */
  async lines<T>(name: string, writer: string, schema: z.ZodType<T>): Promise<T[]> {
    const lines = (await this.text(name, writer)).split('\n');
    return lines.flatMap((line, i) =>
      line.trim() === '' ? [] : [this.#parse(`${this.path(name)}, line ${i + 1}`, line, schema)],
    );
  }

  /** @param writer command that writes such a run */
  async common(writer: string): Promise<CommonParts> {
    const anything = z.record(z.string(), z.unknown());
    return {
      name: basename(resolve(this.#folder.dir)),
      config: await this.json(commonFiles.config, writer, anything),
      environment: await this.json(commonFiles.environment, writer, anything),
      files: await readManifest(readableRoot(this.#folder.dir)),
      epochs: await this.lines(commonFiles.metrics, writer, epochLossesSchema),
    };
  }

  /** @param where file, or file and line, for the message */
  #parse<T>(where: string, text: string, schema: z.ZodType<T>): T {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new ReportInputError(`${where} is not JSON; the file is cut off or was changed by hand`, {
        cause,
      });
    }
    const { success, data, error } = schema.safeParse(value);
    if (success) return data;
    const [{ path, message }] = error.issues;
    const field = path.length === 0 ? '' : ` in ${path.join('.')}`;
    throw new ReportInputError(
      `${where} has an error${field}: ${message}; write the run again with ${this.#again}`,
    );
  }
}
