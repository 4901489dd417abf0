import { TrainInputError } from '../errors.js';

/** Names of one kind that a message lists before it only counts. */
const LISTED = 5;

/** A file's tensors are not the module's parameters. */
export class WeightsMismatchError extends TrainInputError {
  readonly file: string;
  /** Parameters that the file lacks and must hold. */
  readonly missing: readonly string[];
  /** Tensors of the file that the module lacks. */
  readonly unexpected: readonly string[];
  /** One clause for each parameter of another shape. */
  readonly wrongShapes: readonly string[];

  constructor(
    file: string,
    missing: readonly string[],
    unexpected: readonly string[],
    wrongShapes: readonly string[],
  ) {
    const problems = [
      ...list('it lacks', missing),
      ...list('the model has no', unexpected),
      ...list('of another shape:', wrongShapes),
    ];
    super(`${file} does not fit this model: ${problems.join('; ')}. Nothing was loaded`);
    this.file = file;
    this.missing = missing;
    this.unexpected = unexpected;
    this.wrongShapes = wrongShapes;
  }
}

function list(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const rest = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  return [`${what} ${names.slice(0, LISTED).join(', ')}${rest}`];
}
