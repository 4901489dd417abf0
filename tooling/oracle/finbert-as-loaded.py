"""Model and adapter folders that transformers and PEFT load although their files are not what they write today, with the
logits they give: an embedding padded beyond the vocabulary, vocab.txt with added_tokens.json, num_labels without id2label, a
stale label2id, gelu_pytorch_tanh, adapter keys that hold the adapter's name. Also a table of Python regular expressions.

Run: python tooling/oracle/finbert-as-loaded.py packages/finbert-lora/test/fixtures/as-loaded
"""
import json, os, platform, re, sys
import torch, transformers, peft
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

out = sys.argv[1]
os.makedirs(out, exist_ok=True)
path = lambda *names: os.path.join(out, *names)
dump = lambda value, *names: open(path(*names), 'w').write(json.dumps(value) + '\n')

special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]']
words = special + ['oil', 'falls', 'stocks', 'rise', 'bank', '##s', '##ing', '<', '>', 'usd', 'a', '##a', 'x']
added = {'<USD>': len(words), 'Brexit': len(words) + 1, 'oilx': len(words) + 2}
texts = ['oil falls <USD>', '<usd> brexit', 'Brexit oil', 'oilx', 'xoilxx oilxfalls', 'a<USD>a', 'Brexits', 'banks rising', '']

torch.manual_seed(1)
config = BertConfig(vocab_size=32, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16,
                    max_position_embeddings=24, num_labels=3, hidden_act='gelu_pytorch_tanh', initializer_range=0.5)
BertForSequenceClassification(config).save_pretrained(path('model'))
written = json.load(open(path('model', 'config.json')))
for name in ('id2label', 'label2id'):
    written.pop(name, None)
dump({**written, 'num_labels': 3, 'label2id': {'b': 0, 'a': 1}}, 'model', 'config.json')
open(path('model', 'vocab.txt'), 'w').write(''.join(f'{word}\n' for word in words))
dump(added, 'model', 'added_tokens.json')
dump({'tokenizer_class': 'BertTokenizer', 'do_lower_case': True, 'model_max_length': 24}, 'model', 'tokenizer_config.json')

tokenizer = AutoTokenizer.from_pretrained(path('model'))
model = BertForSequenceClassification.from_pretrained(path('model')).eval()
batch = tokenizer(texts, padding=True, return_tensors='pt')
logits = lambda some: some(**batch).logits.detach().flatten().tolist()
expected = {
    'versions': {'python': platform.python_version(), 'torch': torch.__version__, 'transformers': transformers.__version__,
                 'peft': peft.__version__},
    'texts': texts,
    'ids': [tokenizer(text)['input_ids'] for text in texts],
    'labels': [model.config.id2label[i] for i in range(model.config.num_labels)],
    'logits': logits(model),
}

settings = peft.LoraConfig(r=2, lora_alpha=4, task_type='SEQ_CLS', init_lora_weights=False)
trained = peft.get_peft_model(model, settings)
trained.save_pretrained(path('adapter'))
file = path('adapter', 'adapter_model.safetensors')
named = {re.sub(r'(lora_[AB])\.weight$', r'\1.default.weight', key): value for key, value in load_file(file).items()}
save_file(named, file, metadata={'format': 'pt'})
os.remove(path('adapter', 'README.md'))
dump({**json.load(open(path('adapter', 'adapter_config.json'))), 'base_model_name_or_path': None}, 'adapter', 'adapter_config.json')
base = BertForSequenceClassification.from_pretrained(path('model')).eval()
loaded = peft.PeftModel.from_pretrained(base, path('adapter')).eval()
expected['adapted'] = logits(loaded)
expected['merged'] = logits(loaded.merge_and_unload())
dump(expected, 'expected.json')

names = ['bert.encoder.layer.0.attention.self.query', 'bert.encoder.layer.11.output.dense', 'classifier', 'a]b', 'x-y', 'aa']
patterns = ['.*query', 'query', '.*\\.(query|value)', '(?i).*QUERY', '.*layer\\.(?P<n>\\d+)\\..*', '\\Abert.*\\Z', '[[:alpha:]]+', '[]a]+b',
            '[^]]+', 'a{,2}', 'a{2}', 'a{2,}', '(?:bert|classifier).*', '(?#comment)classifier', '\\x63lassifier', '\\u0063lassifier',
            '[\\w.]+', '\\S+', 'x\\-y', 'x[\\-]y', '[a-z.0-9_]+', '(([a-z.0-9_])+.)+', 'bert.*?dense', '^classifier$', '(?s:.*)', 'a|aa', '(', '[', '*',
            'a**', '\\p{L}+', '\\Q.\\E', '(?<name>a)', 'a{1', 'x{1}y', '\\', '(?U)a', '[z-a]']
def match(pattern, name):
    try:
        return bool(re.fullmatch(pattern, name))
    except re.error:
        return None
import warnings
warnings.simplefilter('ignore')
dump({'python': platform.python_version(), 'names': names,
      'patterns': [[pattern, [match(pattern, name) for name in names]] for pattern in patterns]}, 'patterns.json')
