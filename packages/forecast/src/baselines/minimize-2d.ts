/** Values at the corners within this distance count as converged. */
const TOLERANCE = 1e-12;
const MAX_STEPS = 2000;
/** Edge of the first simplex. */
const EDGE = 0.1;

interface Corner {
  readonly x: number;
  readonly y: number;
  readonly value: number;
}

/** Minimum of a function of two numbers near `start`, by the simplex method of Nelder and Mead (1965). */
export function minimize2d(f: (x: number, y: number) => number, [x0, y0]: readonly [number, number]): Corner {
  const at = (x: number, y: number): Corner => ({ x, y, value: f(x, y) });
  let corners = [at(x0, y0), at(x0 + EDGE, y0), at(x0, y0 + EDGE)];
  for (let step = 0; step < MAX_STEPS; step++) {
    corners.sort((a, b) => a.value - b.value);
    const [best, middle, worst] = corners;
    const size = Math.max(
      ...[middle, worst].map(({ x, y }) => Math.max(Math.abs(x - best.x), Math.abs(y - best.y))),
    );
    if (size < Math.sqrt(TOLERANCE) && worst.value - best.value <= TOLERANCE * (1 + Math.abs(best.value)))
      break;
    const [centreX, centreY] = [(best.x + middle.x) / 2, (best.y + middle.y) / 2];
    const along = (factor: number): Corner =>
      at(centreX + factor * (worst.x - centreX), centreY + factor * (worst.y - centreY));
    const reflected = along(-1);
    let next: Corner | null = reflected;
    if (reflected.value < best.value) {
      const expanded = along(-2);
      if (expanded.value < reflected.value) next = expanded;
    } else if (reflected.value >= middle.value) {
      const contracted = along(reflected.value < worst.value ? -0.5 : 0.5);
      next = contracted.value < Math.min(reflected.value, worst.value) ? contracted : null;
    }
    corners =
      next === null
        ? [best, ...[middle, worst].map(({ x, y }) => at((x + best.x) / 2, (y + best.y) / 2))]
        : [best, middle, next];
  }
  return corners.reduce((best, corner) => (corner.value < best.value ? corner : best));
}
