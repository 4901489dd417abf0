import { ForecastInputError } from '../errors.js';
import type { ForecasterOptions } from '../model/settings.js';
import type { Variant } from './settings.js';

/** Values to try for each setting. A dot leads into a group: `encoder.dropout`. */
export type SettingsGrid = Readonly<Record<string, readonly unknown[]>>;

/** A sweep with more settings than this is probably a typing error. */
const MOST_VARIANTS = 1000;

/**
 * All combinations of a grid, named by their values, the last setting varying fastest (as `ParameterGrid` of scikit-learn).
 *
 * @throws {ForecastInputError} when the grid is empty or a setting has no values
 * @example
 * gridVariants({ learningRate: [1e-3, 3e-4], window: [5, 10] })[1].name; // 'learningRate=0.001, window=10'
 */
export function gridVariants(grid: SettingsGrid): Variant[] {
  const axes = Object.entries(grid);
  if (axes.length === 0)
    throw new ForecastInputError('the grid names no setting; give at least one with its values');
  for (const [name, values] of axes) {
    if (Array.isArray(values) && values.length > 0) continue;
    throw new ForecastInputError(`the grid's ${name} is ${JSON.stringify(values)}; give a list of values`);
  }
  const count = axes.reduce((product, [, values]) => product * values.length, 1);
  if (count > MOST_VARIANTS) {
    throw new ForecastInputError(
      `the grid has ${count} combinations, more than ${MOST_VARIANTS}; make it smaller`,
    );
  }
  const combinations = axes.reduce<readonly (readonly (readonly [string, unknown])[])[]>(
    (rows, [name, values]) => rows.flatMap((row) => values.map((value) => [...row, [name, value] as const])),
    [[]],
  );
  return combinations.map((values) => ({
    name: values
      .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : value}`)
      .join(', '),
    settings: values.reduce<ForecasterOptions>(
      (settings, [name, value]) => withSetting(settings, name, value),
      {},
    ),
  }));
}

function withSetting(settings: ForecasterOptions, name: string, value: unknown): ForecasterOptions {
  const [group, field] = name.split(/\.(.*)/s);
  if (field === undefined) return { ...settings, [name]: value };
  return { ...settings, [group]: { ...(settings as Record<string, object>)[group], [field]: value } };
}
