/** The comparison as Markdown. A ratio is the speed here over the peer's, from the medians by the clock. */
export function formatTable({ machine, headlines, tokens, batches, rounds, lossCurves, rows }) {
  const { processor, features, threads, memoryGB, node, load, date } = machine;
  const lines = [
    `${date}, ${processor} (${features.join(', ')}), ${threads} threads, ${memoryGB} GB, load ${load.toFixed(1)} at the end, Node ${node}.`,
    `${headlines} headlines with ${tokens} tokens in ${batches} batches, ${rounds} rounds in turns; real tokens per second, median (best).`,
    `The same mathematics: over ${lossCurves.updates} LoRA updates in float32 without dropout from the same weights, the losses here and in`,
    `PEFT (${lossCurves.first.toFixed(4)} to ${lossCurves.last.toFixed(4)}) differ by at most ${lossCurves.largestDifference.toExponential(1)}.`,
    '',
    '| work | size | precision | system | batches | tokens/s | here / peer | processor ms per batch, median (least) | peak memory, MB |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
  ];
  let here = null;
  for (const row of rows) {
    if (row.system === 'fin') here = row;
    const ratio = row === here ? '' : (here.tokensPerSecond / row.tokensPerSecond).toFixed(2);
    const cells = [
      row.work,
      row.size,
      row.precision,
      row.version,
      row.batching,
      `${whole(row.tokensPerSecond)} (${whole(row.tokensPerSecondBest)})`,
      ratio,
      `${whole(row.processorMsPerBatch)} (${whole(row.processorMsPerBatchLeast)})`,
      whole(row.peakMemoryMB),
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return lines.join('\n');
}

const whole = (value) => Math.round(value).toLocaleString('en');
