import type { Field } from 'vega-lite/types_unstable/channeldef.js';
import type { LayerSpec } from 'vega-lite/types_unstable/spec/layer.js';
import type { UnitSpec } from 'vega-lite/types_unstable/spec/unit.js';

/** One layer of a panel, for layers that only some data need. */
export type Layer = LayerSpec<Field> | UnitSpec<Field>;
