import type { EpochRow } from '@fin/viz';
import { ReportInputError } from '../errors.js';
import { Fields } from './fields.js';

/** `metrics.jsonl` of a run: one JSON object per line and epoch. */
export function parseEpochs(file: string, text: string): EpochRow[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line, i) => {
    const where = `${file}, line ${i + 1}`;
    const fields = new Fields(where, parseJson(where, line));
    return {
      epoch: fields.number('epoch'),
      trainLoss: fields.number('trainLoss'),
      validationLoss: fields.optional('validationLoss', fields.number),
    };
  });
}

/** JSON of a file of the run, or an error that names it. */
export function parseJson(where: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ReportInputError(`${where} is not JSON; the file is cut off or was changed by hand`, { cause });
  }
}
