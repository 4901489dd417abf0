/** Whether two lists name the same classes, in whatever order and case. */
export function sameLabels(left: readonly string[], right: readonly string[]): boolean {
  const names = new Set(left.map((label) => label.toLowerCase()));
  return left.length === right.length && right.every((label) => names.has(label.toLowerCase()));
}
