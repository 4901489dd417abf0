import { colors } from './theme.js';

/** Axis label of a signed quantity: zero carries no sign. */
export const SIGNED_LABEL = "datum.value === 0 ? '0' : datum.label";

/** Small heading of one panel: says what its vertical axis counts, so that no axis title has to be read sideways. */
export interface PanelTitle {
  readonly text: string;
  readonly fontSize: number;
  readonly fontWeight: 'normal';
  readonly color: string;
  readonly offset: number;
}

export function panelTitle(text: string): PanelTitle {
  return { text, fontSize: 12, fontWeight: 'normal', color: colors.label, offset: 6 };
}
