import type { LinearLayer } from '../../layers/layers.js';
import type { Part } from '../../layers/part.js';
import type { LoraConfig } from '../config/lora-config.js';

/** A linear layer that gets a pair of matrices. */
export interface Target {
  readonly path: string;
  readonly layer: LinearLayer;
  readonly r: number;
  /** What the product of the matrices is multiplied by. */
  readonly scale: number;
}

/** A part that is trained whole, on a copy of its own. */
export interface SavedPart {
  readonly path: string;
  /** What has parameters in it, by the name within: '' for the part itself. */
  readonly leaves: ReadonlyMap<string, Part>;
}

/** What an adapter does to a model, before it is done. */
export interface AdapterPlan {
  /** With everything settled that depends on the model. */
  readonly config: LoraConfig;
  readonly targets: readonly Target[];
  readonly saved: readonly SavedPart[];
}
