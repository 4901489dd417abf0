/** What an installation tells while it works. */
export type InstallEvent =
  /** A new step begins; the one before is done. */
  | { readonly kind: 'step'; readonly text: string }
  /** How far the step is, in bytes. */
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  /** Something worth knowing, such as why a better way was passed over. */
  | { readonly kind: 'note'; readonly text: string };

export type InstallListener = (event: InstallEvent) => void;
