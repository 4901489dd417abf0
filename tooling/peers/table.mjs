/** What tells one machine's table from another's. */
export const machineName = ({ processor, features, threads }) =>
  `${processor} (${features.join(', ')}), ${threads} threads`;

/** The comparison as Markdown. A ratio is the speed here, in the row of fin above, over the peer's, from the medians by the clock. */
export function formatTable({ machine, headlines, tokens, batches, rounds, lossCurves, rows }) {
  const { memoryGB, node, load, date } = machine;
  const lines = [
    `${date}, ${machineName(machine)}, ${memoryGB} GB, load ${load.toFixed(1)} at the end, Node ${node}.`,
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

/**
 * Puts a machine's table into a page: in place of its own older one, or after those of other machines.
 *
 * @param text the page, with a pair of comments around each table
 * @throws Error if the page has no table to go by
 */
export function replaceTable(text, machine, table) {
  const end = '<!-- peers: end -->';
  const start = `<!-- peers: begin, ${machineName(machine)} -->`;
  const block = `${start}\n\n${table}\n\n${end}`;
  const at = text.indexOf(start);
  if (at >= 0) return text.slice(0, at) + block + text.slice(text.indexOf(end, at) + end.length);
  const last = text.lastIndexOf(end);
  if (last < 0) throw new Error(`no line ${end} to put the table after`);
  return `${text.slice(0, last + end.length)}\n\n${block}${text.slice(last + end.length)}`;
}
