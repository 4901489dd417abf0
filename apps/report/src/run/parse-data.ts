import type { RunData } from '@fin/forecast';
import { Fields } from './fields.js';

/** `data.json` of a run. */
export function parseData(file: string, value: unknown): RunData {
  const data = new Fields(file, value);
  const splits = data.object('splits');
  const split = (name: string) => {
    const fields = splits.object(name);
    return {
      n: fields.number('n'),
      first: fields.optional('first', fields.string),
      last: fields.optional('last', fields.string),
    };
  };
  return {
    name: data.string('name'),
    synthetic: data.boolean('synthetic'),
    signal: data.optional('signal', data.number),
    fingerprint: data.string('fingerprint'),
    splits: { train: split('train'), validation: split('validation'), test: split('test') },
  };
}
