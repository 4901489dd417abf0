import { describe, expect, it } from 'vitest';
import type { LoraConfig } from '../../../src/lora/index.js';
import { createLoraConfig } from '../../../src/lora/index.js';
import { matchTarget, patternValue } from '../../../src/lora/match-target.js';

const query = (layer: number) => `bert.encoder.layer.${layer}.attention.self.query`;
const matches = (settings: Partial<LoraConfig>, name: string) =>
  matchTarget(createLoraConfig(settings), name);

describe("what an adapter wants, by PEFT's rules", () => {
  it.each<[Partial<LoraConfig>, string, string]>([
    [{ targetModules: ['query'] }, query(0), 'targeted'],
    [{ targetModules: ['self.query'] }, query(0), 'targeted'],
    [{ targetModules: [query(0)] }, query(0), 'targeted'],
    [{ targetModules: ['uery'] }, query(0), 'unmatched'],
    [{ targetModules: 'query' }, query(0), 'unmatched'],
    [{ targetModules: '.*query' }, query(0), 'targeted'],
    [{ targetModules: '.*que' }, query(0), 'unmatched'],
    [{ targetModules: 'a|.*query' }, query(0), 'targeted'],
    [{ targetModules: '(?P<all>.*)query' }, query(0), 'targeted'],
    [{ targetModules: ['query'], excludeModules: ['query'] }, query(0), 'excluded'],
    [{ targetModules: ['query'], excludeModules: '.*layer\\.0\\..*' }, query(0), 'excluded'],
    [{ targetModules: ['query'], excludeModules: '.*layer\\.0\\..*' }, query(1), 'targeted'],
    [{ targetModules: ['dense'], modulesToSave: ['pooler'] }, 'bert.pooler.dense', 'excluded'],
    [{ targetModules: ['dense'], modulesToSave: ['ooler'] }, 'bert.pooler.dense', 'targeted'],
    [{ targetModules: [query(0)], layersToTransform: [1] }, query(0), 'targeted'],
    [{ layersToTransform: 1 }, query(1), 'targeted'],
    [{ layersToTransform: 1 }, query(11), 'unmatched'],
    [{ layersToTransform: [0, 11] }, query(11), 'targeted'],
    [{ layersToTransform: [] }, query(5), 'targeted'],
    [{ layersToTransform: [1], layersPattern: 'layer' }, query(1), 'targeted'],
    [{ layersToTransform: [1], layersPattern: ['h', 'layer'] }, query(1), 'targeted'],
    [{ layersToTransform: [1], layersPattern: 'h' }, query(1), 'unmatched'],
    [{ layersToTransform: [1], layersPattern: 'layer' }, 'layer.1.query', 'targeted'],
    [{ layersToTransform: [1] }, 'layer.1.query', 'unmatched'],
    [{ layersToTransform: [1], targetModules: ['query'] }, 'bert.layers.1.experts.0.query', 'targeted'],
  ])('%o on %s: %s', (settings, name, expected) => {
    expect(matches(settings, name)).toBe(expected);
  });
});

describe('a value by pattern', () => {
  it.each([
    [{ query: 4 }, 4],
    [{ uery: 4 }, undefined],
    [{ 'self.query': 4 }, 4],
    [{ 'self\\.\\w+': 4 }, 4],
    [{ '^bert\\..*query': 4 }, 4],
    [{ '^encoder\\..*query': 4 }, undefined],
    [{ 'key|query': 4 }, 4],
    [{ key: 2, query: 4, 'self.query': 6 }, 4],
  ])('%o', (patterns, expected) => {
    expect(patternValue(patterns as Record<string, number>, query(0), 'rankPattern')).toBe(expected);
  });
});
