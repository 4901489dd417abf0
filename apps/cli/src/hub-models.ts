import { existsSync } from 'node:fs';
import { finCommand } from './io/escape.js';

/** Of the name of a model, there is neither a folder nor a model in the hub cache. */
export class ModelMissingError extends Error {
  readonly kind = 'input';
}

/**
 * The folder that the name of a model stands for: the folder of this name, else the model of this name in the hub cache. Uses no network.
 *
 * @param name a folder, or such as `ProsusAI/finbert` or `ProsusAI/finbert@REVISION`
 * @returns the name itself when it is a folder, or can only be one
 * @throws {ModelMissingError} when it is neither
 */
export async function modelFolder(name: string): Promise<string> {
  if (existsSync(name)) return name;
  const { findModel, ModelNotCachedError, parseModelId } = await import('@fin/sources');
  if (parseModelId(name) === null) return name;
  try {
    return (await findModel(name)).dir;
  } catch (error) {
    if (!(error instanceof ModelNotCachedError)) throw error;
    throw new ModelMissingError(
      `there is no folder ${name}, and ${error.problem}. Fetch a model of the hub with: ${finCommand('model', 'pull', name)}`,
    );
  }
}

/**
 * What the record of a run says about the model of the hub that it starts from: `hubModel`, its name and commit. Empty for other models.
 *
 * @param dir folder of the model
 */
export async function hubSource(dir: string | null | undefined): Promise<{ readonly hubModel?: string }> {
  if (!dir) return {};
  const { parseSnapshotFolder } = await import('@fin/sources');
  const model = parseSnapshotFolder(dir);
  return model ? { hubModel: `${model.name}@${model.commit}` } : {};
}
