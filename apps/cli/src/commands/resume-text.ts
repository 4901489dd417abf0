/** Says from where a run goes on. */
export function resumeText(event: {
  readonly done: number;
  readonly total: number;
  readonly epoch: number;
  readonly note: string | null;
}): string {
  const { done, total, epoch, note } = event;
  const place =
    done === 0
      ? 'there is no checkpoint yet: training begins'
      : `going on after update ${done} of ${total} (epoch ${epoch.toFixed(2)})`;
  return note === null ? place : `${place}; last digits may differ, for ${note}`;
}
