import { describe, expect, it } from 'vitest';
import type { ForecasterOptions } from '../../src/index.js';
import { modelName, resolveSettings } from '../../src/index.js';
import { changeSettings } from '../../src/model/resolve-settings.js';

describe('settings of a forecaster', () => {
  it('take scores with a model, and a small BERT without', () => {
    expect(resolveSettings({ model: 'm' })).toMatchObject({ text: 'scored', model: 'm' });
    expect(resolveSettings()).toMatchObject({ text: 'random', model: null, prices: true });
  });

  it('give the encoder the common learning rate, and a pretrained one a lower one', () => {
    const rates = (options: ForecasterOptions) => {
      const { learningRate, textLearningRate, headLearningRate } = resolveSettings(options);
      return [learningRate, textLearningRate, headLearningRate];
    };
    expect(rates({ learningRate: 0.01 })).toEqual([0.01, 0.01, 0.01]);
    expect(rates({ text: 'joint', model: 'm' })).toEqual([1e-3, 5e-4, 5e-4]);
    expect(rates({ text: 'joint', model: 'm', finetuning: 'full' })).toEqual([1e-3, 5e-5, 5e-5]);
    expect(rates({ text: 'joint', model: 'm', textLearningRate: 0.1 })).toEqual([1e-3, 0.1, 0.1]);
  });

  it('are the same again after JSON', () => {
    const settings = resolveSettings({ text: 'joint', model: 'm', lora: { r: 4, useDora: true } });
    expect(resolveSettings(JSON.parse(JSON.stringify(settings)))).toEqual(settings);
  });

  it.each<[object, string]>([
    [{ epochs: 0 }, 'the setting epochs: '],
    [{ learnigRate: 1 }, 'there is no setting learnigRate; there are seed, text, prices'],
    [{ lstm: { hidden: 1 } }, 'there is no setting lstm.hidden; there are hiddenSize, numLayers'],
    [{ encoder: { layers: 1 } }, 'there is no setting encoder.layers; there are hiddenSize'],
    [{ lora: { alpha: 1 } }, 'there is no setting lora.alpha; there are r, loraAlpha'],
    [{ lora: { r: 0 } }, 'the setting lora: r is 0; it must be a whole number'],
    [{ text: 'scored' }, 'the setting model: is missing'],
    [{ text: 'none', prices: false }, 'the setting prices: is false'],
    [{ target: 'close', prices: false }, "the setting target: is 'close'"],
    [{ lstm: { dropout: 0.1 } }, 'the setting lstm.dropout: is 0.1'],
    [{ lstm: { pooling: 'max' } }, 'the setting lstm.pooling: '],
  ])('refuse %j and name the setting', (options, message) => {
    expect(() => resolveSettings(options)).toThrow(message);
  });

  it('follow a change of the text side where they have their defaults', () => {
    const scored = resolveSettings({ model: 'm', learningRate: 0.01, lstm: { hiddenSize: 8 } });
    const joint = changeSettings(scored, { text: 'joint', lstm: { numLayers: 2 } });
    expect(joint).toEqual(
      resolveSettings({
        text: 'joint',
        model: 'm',
        learningRate: 0.01,
        lstm: { hiddenSize: 8, numLayers: 2 },
      }),
    );
    expect(changeSettings(resolveSettings(), { model: 'm' }).text).toBe('scored');
    const slow = resolveSettings({ textLearningRate: 1e-4 });
    expect(changeSettings(slow, { text: 'joint', model: 'm' }).textLearningRate).toBe(1e-4);
  });

  it.each<[ForecasterOptions, string]>([
    [{ text: 'none' }, 'lstm'],
    [{}, 'bert(random)+lstm'],
    [{ prices: false }, 'bert(random)'],
    [{ model: 'm' }, 'sentiment+lstm'],
    [{ text: 'joint', model: 'm' }, 'joint-lora+lstm'],
    [{ text: 'joint', model: 'm', finetuning: 'full', prices: false }, 'joint-full'],
  ])('%j name the row %s', (options, name) => {
    expect(modelName(resolveSettings(options))).toBe(name);
  });
});
