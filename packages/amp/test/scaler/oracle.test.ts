import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { GradScalerState } from '../../src/index.js';
import { AmpError, GradScaler } from '../../src/index.js';
import fixture from '../fixtures/grad-scaler.json' with { type: 'json' };

type Value = number | string;

/** One sequence of calls, played as `tooling/oracle/amp-grad-scaler.py` plays it. */
class Player {
  readonly scaler: GradScaler;
  readonly parameters: [number, number][] = [
    [0, 0],
    [0, 0],
  ];
  readonly #optimizers = [{}, {}];
  #gradients: Record<string, number[]>[] = [{}, {}];
  #saved: GradScalerState | Record<string, never> = {};

  constructor(options: Readonly<Record<string, number>>) {
    this.scaler = new GradScaler({
      initScale: options.init_scale,
      growthFactor: options.growth_factor,
      backoffFactor: options.backoff_factor,
      growthInterval: options.growth_interval,
    });
  }

  play([call, ...args]: readonly unknown[]): void {
    const which = args[0] as number;
    switch (call) {
      case 'scale':
        this.scaler.scale(tf.scalar(1.5));
        break;
      case 'grads': {
        const values = args[1] as Value[] | null;
        const scale = this.scaler.getScale();
        this.#gradients[which] = values ? { p: values.map((value) => numberOf(value) * scale) } : {};
        break;
      }
      case 'unscale':
        this.#keep(which, this.scaler.unscale(this.#optimizers[which], this.#tensors(which)));
        break;
      case 'step':
        this.#step(which);
        break;
      case 'update':
        this.scaler.update(args[0] as number | undefined);
        break;
      case 'save':
        this.#saved = this.scaler.stateDict();
        break;
      case 'load':
        this.scaler.loadStateDict(this.#saved);
    }
  }

  /** Torch unscales a parameter's gradient in place, and a step does so, too. */
  #step(which: number): void {
    const gradients = this.#tensors(which);
    this.scaler.step(this.#optimizers[which], gradients, (unscaled) => {
      this.#keep(which, unscaled);
      const values = unscaled.p.dataSync();
      const p = this.parameters[which];
      this.parameters[which] = [Math.fround(p[0] - values[0]), Math.fround(p[1] - values[1])];
    });
  }

  #tensors(which: number): Record<string, tf.Tensor> {
    const { p } = this.#gradients[which];
    return p ? { p: tf.tensor1d(p) } : {};
  }

  #keep(which: number, gradients: Readonly<Record<string, tf.Tensor>>): void {
    this.#gradients[which] = gradients.p ? { p: [...gradients.p.dataSync()] } : {};
  }
}

function numberOf(value: Value): number {
  return value === 'inf' ? Number.POSITIVE_INFINITY : value === 'nan' ? Number.NaN : Number(value);
}

it('begins as torch does', () => {
  expect(new GradScaler().stateDict()).toEqual(fixture.defaults);
});

it.each(fixture.traces.map((trace, i) => [i, trace] as const))('trace %i is that of torch', (_, trace) => {
  const player = new Player(trace.options as Record<string, number>);
  tf.tidy(() => {
    trace.events.forEach((event, i) => {
      let raised = false;
      try {
        player.play(event as unknown[]);
      } catch (error) {
        if (!(error instanceof AmpError)) throw error;
        raised = true;
      }
      const { scaler, parameters } = player;
      const tracker = (scaler.stateDict() as GradScalerState)._growth_tracker;
      const [expectedRaised, scale, growth, values] = trace.outcomes[i] as [
        boolean,
        number,
        number,
        Value[][],
      ];
      expect([raised, scaler.getScale(), tracker], `event ${i}: ${JSON.stringify(event)}`).toEqual([
        expectedRaised,
        scale,
        growth,
      ]);
      expect(parameters, `event ${i}: ${JSON.stringify(event)}`).toEqual(
        values.map((pair) => pair.map(numberOf)),
      );
    });
  });
});
