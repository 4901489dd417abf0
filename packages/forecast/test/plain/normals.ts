import { randomStreams } from '@fin/runtime';

/** Normally distributed numbers, the same for the same seed (Box and Muller). */
export function normals(seed: number): () => number {
  const stream = randomStreams(seed).stream('test normals');
  let uniforms: number[] = [];
  return () => {
    if (uniforms.length < 2) uniforms = [...stream.floats(2000)];
    const radius = Math.sqrt(-2 * Math.log(1 - (uniforms.pop() as number)));
    return radius * Math.cos(2 * Math.PI * (uniforms.pop() as number));
  };
}
