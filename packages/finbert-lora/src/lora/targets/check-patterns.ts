import { BertInputError } from '../../errors.js';
import type { AdapterPlan } from './adapter-plan.js';
import { matchesEnd } from './pattern-value.js';

/**
 * A pattern that fits no adapted layer is a slip of the pen. PEFT warns of it and goes on, so files that hold one are read.
 *
 * @throws BertInputError
 */
export function checkPatterns({ config, targets }: AdapterPlan): void {
  for (const setting of ['rankPattern', 'alphaPattern'] as const) {
    for (const pattern of Object.keys(config[setting])) {
      if (targets.some(({ path }) => matchesEnd(pattern, path, setting))) continue;
      throw new BertInputError(
        `${setting} holds "${pattern}", which fits none of the layers that are adapted`,
      );
    }
  }
}
