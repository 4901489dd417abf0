import { describe, expect, it } from 'vitest';
import { matchStateDict } from '../../src/checkpoint/match-state-dict.js';

const checkpointOf = (shapes: Record<string, number[]>) => ({
  names: () => Object.keys(shapes),
  info: (name: string) => ({ name, dtype: 'F32' as const, shape: shapes[name], bytes: 0 }),
});

const shapes = (entries: Record<string, number[]>): Map<string, number[]> => new Map(Object.entries(entries));

const classifier = shapes({
  'bert.embeddings.word_embeddings.weight': [10, 4],
  'bert.embeddings.LayerNorm.weight': [4],
  'bert.embeddings.LayerNorm.bias': [4],
  'bert.pooler.dense.weight': [4, 4],
  'classifier.weight': [3, 4],
});

describe('matchStateDict', () => {
  it('takes names as they are when both sides have the prefix', () => {
    const match = matchStateDict(classifier, checkpointOf(Object.fromEntries(classifier)));
    expect([...match.mapping]).toEqual([...classifier.keys()].map((name) => [name, name]));
    expect(match).toMatchObject({ missing: [], unexpected: [], mismatched: [] });
  });

  it('finds a bare encoder’s weights for a model with a head, which starts fresh', () => {
    const match = matchStateDict(
      classifier,
      checkpointOf({
        'embeddings.position_ids': [1, 512],
        'embeddings.word_embeddings.weight': [10, 4],
        'embeddings.LayerNorm.weight': [4],
        'embeddings.LayerNorm.bias': [4],
        'pooler.dense.weight': [4, 4],
        'pooler.extra': [1],
      }),
    );
    expect(match.mapping.get('bert.pooler.dense.weight')).toBe('pooler.dense.weight');
    expect(match.mapping.size).toBe(4);
    expect(match.missing).toEqual(['classifier.weight']);
    expect(match.unexpected).toEqual(['pooler.extra']);
  });

  it('finds the encoder of a model with a head for a bare encoder', () => {
    const match = matchStateDict(
      shapes({ 'embeddings.word_embeddings.weight': [10, 4], 'pooler.dense.weight': [4, 4] }),
      checkpointOf({
        'bert.embeddings.word_embeddings.weight': [10, 4],
        'bert.embeddings.position_ids': [1, 512],
        'cls.predictions.bias': [10],
        'pooler.dense.weight': [4, 4],
      }),
    );
    expect([...match.mapping]).toEqual([
      ['embeddings.word_embeddings.weight', 'bert.embeddings.word_embeddings.weight'],
    ]);
    expect(match.missing).toEqual(['pooler.dense.weight']);
    expect(match.unexpected).toEqual(['cls.predictions.bias', 'pooler.dense.weight']);
  });

  it('knows gamma and beta, with and without the prefix, and prefers the present names', () => {
    const match = matchStateDict(
      shapes({
        'bert.a.LayerNorm.weight': [4],
        'bert.a.LayerNorm.bias': [4],
        'bert.b.LayerNorm.weight': [4],
      }),
      checkpointOf({
        'a.LayerNorm.gamma': [4],
        'a.LayerNorm.beta': [4],
        'b.LayerNorm.weight': [4],
        'b.LayerNorm.gamma': [4],
      }),
    );
    expect(Object.fromEntries(match.mapping)).toEqual({
      'bert.a.LayerNorm.weight': 'a.LayerNorm.gamma',
      'bert.a.LayerNorm.bias': 'a.LayerNorm.beta',
      'bert.b.LayerNorm.weight': 'b.LayerNorm.weight',
    });
    expect(match.unexpected).toEqual(['b.LayerNorm.gamma']);
  });

  it('reports a wrong shape with both shapes, as neither missing nor unexpected', () => {
    const match = matchStateDict(
      shapes({ 'classifier.weight': [3, 4], 'classifier.bias': [3] }),
      checkpointOf({ 'classifier.weight': [2, 4], 'classifier.bias': [3, 1] }),
    );
    expect(match).toMatchObject({ missing: [], unexpected: [] });
    expect(match.mapping.size).toBe(0);
    expect(match.mismatched).toEqual([
      { name: 'classifier.weight', checkpointName: 'classifier.weight', expected: [3, 4], found: [2, 4] },
      { name: 'classifier.bias', checkpointName: 'classifier.bias', expected: [3], found: [3, 1] },
    ]);
  });
});
