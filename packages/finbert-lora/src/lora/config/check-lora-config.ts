import { BertInputError } from '../../errors.js';
import { pythonPattern } from '../targets/python-pattern.js';
import type { LoraConfig } from './lora-config.js';

const TASK_TYPES = [
  'SEQ_CLS',
  'SEQ_2_SEQ_LM',
  'CAUSAL_LM',
  'TOKEN_CLS',
  'QUESTION_ANS',
  'FEATURE_EXTRACTION',
];

/** @throws BertInputError naming the first setting that means nothing */
export function checkLoraConfig(config: LoraConfig, file: string | null): void {
  const check = (name: keyof LoraConfig, ok: boolean, wanted: string): void => {
    if (ok) return;
    throw new BertInputError(`${name} is ${JSON.stringify(config[name])}; it must be ${wanted}`, { file });
  };
  const { r, loraAlpha, loraDropout, rankPattern, alphaPattern } = config;
  check('r', isRank(r), 'a whole number from 1 up');
  check('loraAlpha', isScale(loraAlpha), 'a number');
  check('loraDropout', typeof loraDropout === 'number' && loraDropout >= 0 && loraDropout < 1, 'in [0, 1)');
  check('targetModules', isNames(config.targetModules), 'a list of names or one pattern');
  check('excludeModules', config.excludeModules === null || isNames(config.excludeModules), 'a list or null');
  check('bias', ['none', 'all', 'lora_only'].includes(config.bias), "'none', 'all' or 'lora_only'");
  check('modulesToSave', config.modulesToSave === null || isList(config.modulesToSave), 'a list or null');
  check('layersToTransform', isLayers(config.layersToTransform), 'numbers of layers, or null');
  check('layersPattern', config.layersPattern === null || isNames(config.layersPattern), 'a list or null');
  check('rankPattern', Object.values(rankPattern).every(isRank), 'ranks by pattern');
  check('alphaPattern', Object.values(alphaPattern).every(isScale), 'numbers by pattern');
  check('useRslora', typeof config.useRslora === 'boolean', 'true or false');
  check('useDora', typeof config.useDora === 'boolean', 'true or false');
  check(
    'initLoraWeights',
    [true, false, 'gaussian'].includes(config.initLoraWeights),
    "true, false or 'gaussian'",
  );
  check(
    'taskType',
    config.taskType === null || TASK_TYPES.includes(config.taskType),
    `of ${TASK_TYPES.join(', ')}`,
  );
  checkCombinations(config, file);
  for (const [name, pattern] of patterns(config)) pythonPattern(pattern, { name, file });
}

/** PEFT's own rules: what would be passed over in silence is refused. */
function checkCombinations(config: LoraConfig, file: string | null): void {
  const { targetModules, layersToTransform, layersPattern } = config;
  if (typeof targetModules === 'string' && (layersToTransform !== null || layersPattern !== null)) {
    throw new BertInputError(
      'layersToTransform and layersPattern need a list as targetModules; with a pattern, put the layers into it',
      { file },
    );
  }
  if (layersPattern !== null && layersPattern.length > 0 && layersToTransform === null) {
    throw new BertInputError('layersPattern needs layersToTransform', { file });
  }
}

function patterns(config: LoraConfig): [name: string, pattern: string][] {
  const { targetModules, excludeModules, layersPattern, modulesToSave, rankPattern, alphaPattern } = config;
  const layers = typeof layersPattern === 'string' ? [layersPattern] : (layersPattern ?? []);
  return [
    ...(typeof targetModules === 'string' ? [['targetModules', targetModules] as [string, string]] : []),
    ...(typeof excludeModules === 'string' ? [['excludeModules', excludeModules] as [string, string]] : []),
    ...layers.map((pattern): [string, string] => ['layersPattern', pattern]),
    ...(modulesToSave ?? []).map((pattern): [string, string] => ['modulesToSave', pattern]),
    ...Object.keys(rankPattern).map((pattern): [string, string] => ['rankPattern', pattern]),
    ...Object.keys(alphaPattern).map((pattern): [string, string] => ['alphaPattern', pattern]),
  ];
}

const isRank = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0;
const isScale = (value: unknown): boolean => Number.isFinite(value);
const isList = (value: unknown): boolean =>
  Array.isArray(value) && value.every((name) => typeof name === 'string');
const isNames = (value: unknown): boolean => typeof value === 'string' || isList(value);
const isLayers = (value: unknown): boolean =>
  value === null || [value].flat().every((layer) => Number.isInteger(layer));
