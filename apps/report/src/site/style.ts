import { colors } from '@fin/viz';

/** Colours of the charts on a dark page, by the colour that they have on a light one. */
const DARK: readonly (readonly [light: string, dark: string])[] = [
  [colors.ink, '#e4eaf0'],
  [colors.label, '#a7b3bf'],
  [colors.grid, '#2b343e'],
  [colors.axis, '#7d8996'],
  [colors.model, '#f0853e'],
  [colors.second, '#57b0ea'],
  ['#ffffff', '#141a21'],
];

const darkCharts = DARK.flatMap(([light, dark]) => [
  `.chart:not(.shades) [fill="${light}"] { fill: ${dark}; }`,
  `.chart:not(.shades) [stroke="${light}"] { stroke: ${dark}; }`,
]).join('\n  ');

/** Style of all pages. It loads nothing from elsewhere, and suits phones, dark rooms and paper. */
export const style: string = `
:root {
  color-scheme: light dark;
  --page: #fff; --ink: #1f2933; --soft: #52606d; --line: #d9dee4; --wash: #f5f7fa; --accent: #005f94; --own: #d55e00;
  --better: #00664d; --worse: #a64300; --same: #3e4c59; --notice: #7a4b00; --notice-wash: #fff6e0; --notice-line: #e69f00;
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
}
main, header.top, footer { max-width: 58rem; margin: 0 auto; padding: 0 1.25rem; }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
.skip { position: absolute; left: -999px; top: 0; padding: .5rem 1rem; background: var(--page); }
.skip:focus { left: 0; z-index: 2; }
header.top { padding-top: 1.25rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.4rem; margin: 0 0 1.75rem; padding: 0 0 .7rem; border-bottom: 1px solid var(--line); list-style: none; font-size: .95rem; }
nav li { min-width: 0; overflow-wrap: anywhere; }
nav a { display: inline-block; padding: .2rem 0; color: var(--soft); text-decoration: none; }
nav a:hover { color: var(--ink); text-decoration: underline; }
nav a[aria-current] { color: var(--ink); font-weight: 600; box-shadow: 0 2px 0 var(--own); }
h1, h2, .banner, .subtitle, .verdict, .free, figcaption, .source, .downloads, caption, ol.notes, .soft, footer { overflow-wrap: anywhere; }
h1 { margin: .2rem 0 .3rem; font-size: 2rem; line-height: 1.2; letter-spacing: -.01em; }
.subtitle { margin: 0 0 1.5rem; color: var(--soft); }
h2 { margin: 3rem 0 .5rem; font-size: 1.3rem; line-height: 1.3; }
h3 { margin: 1.75rem 0 .5rem; font-size: 1rem; }
p { margin: 0 0 .75rem; max-width: 46rem; }
.soft { color: var(--soft); font-size: .92rem; }
code { font: .88em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }

.banner {
  margin: 0 0 1.25rem; padding: .9rem 1.1rem; border-left: 5px solid var(--notice-line); border-radius: 4px;
  background: var(--notice-wash);
}
.banner strong { color: var(--notice); }
.banner p { max-width: none; margin: 0; }
.verdict { margin: 0 0 1rem; padding: 1.25rem 1.4rem .75rem; border: 1px solid var(--line); border-top: 5px solid var(--same); border-radius: 6px; }
.verdict.better { border-top-color: var(--better); }
.verdict.worse { border-top-color: var(--worse); }
.verdict h2 { margin: 0 0 .6rem; font-size: 1.35rem; }
.verdict.better h2 { color: var(--better); }
.verdict.worse h2 { color: var(--worse); }

.figures { display: grid; grid-template-columns: repeat(4, 1fr); gap: .75rem; margin: 1rem 0 .75rem; padding: 0; }
.figures div { padding: .8rem 1rem; border-radius: 6px; background: var(--wash); }
.figures dt { color: var(--soft); font-size: .82rem; }
.figures dd { margin: 0; }
.figures .value { font-size: 1.5rem; font-weight: 600; line-height: 1.3; font-variant-numeric: tabular-nums; }
.figures .beside { color: var(--soft); font-size: .82rem; }

table { width: 100%; border-collapse: collapse; font-size: .93rem; font-variant-numeric: tabular-nums; }
caption { padding: 0 0 .5rem; color: var(--soft); font-size: .92rem; text-align: left; }
th, td { padding: .5rem .6rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
th:first-child, td:first-child { padding-left: .75rem; text-align: left; }
thead th { border-bottom: 2px solid var(--line); color: var(--soft); font-size: .82rem; font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 400; }
th, td { overflow-wrap: anywhere; }
tr.model th, tr.model td { background: var(--wash); font-weight: 600; }
tr.model th { box-shadow: inset 4px 0 0 var(--own); }
.unit { display: block; font-weight: 400; color: var(--soft); }
.interval { display: block; color: var(--soft); font-size: .82rem; font-weight: 400; overflow-wrap: normal; }
.metrics td { white-space: nowrap; }
.deltas, .variants { margin-bottom: 1.5rem; }
.verdict .deltas { margin: .5rem 0; }
.conclusion.better { color: var(--better); font-weight: 600; }
.conclusion.worse { color: var(--worse); font-weight: 600; }
.runs th, .runs td { text-align: left; }
ol.notes { margin: .5rem 0 0; padding-left: 1.2rem; color: var(--soft); font-size: .88rem; }
ul.caveats { max-width: 46rem; padding-left: 1.2rem; }
ul.caveats li { margin-bottom: .4rem; }

dl.meanings { margin: 0; font-size: .92rem; }
.meanings div { display: grid; grid-template-columns: 11rem 1fr; gap: 1rem; padding: .25rem 0; }
.meanings dt { color: var(--soft); }
.meanings dd { margin: 0; max-width: 46rem; }

.source, .downloads { margin: .4rem 0 0; max-width: none; color: var(--soft); font-size: .82rem; }
.verdict .source { margin-bottom: .75rem; }
figure { margin: .75rem 0 0; }
figure svg { max-width: 100%; height: auto; }
.plot svg { display: block; }
.plot { position: relative; }
.plot .narrow { display: none; }
figcaption { max-width: 46rem; margin-bottom: .75rem; color: var(--soft); font-size: .92rem; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem .5rem; margin: 0 0 .25rem; padding: 0; list-style: none; font-size: .88rem; }
.legend li { padding: .15rem .5rem .15rem 0; }
.legend svg { margin-right: .45rem; vertical-align: middle; }
.legend li:has(button) { padding: 0; }
.chart button {
  padding: .15rem .6rem; border: 1px solid var(--line); border-radius: 999px; background: var(--page); color: var(--ink);
  font: inherit; font-size: .85rem; line-height: 1.5; cursor: pointer;
}
.chart button:hover { background: var(--wash); }
.chart button[aria-pressed="false"] { color: var(--soft); text-decoration: line-through; }
.chart button[aria-pressed="false"] svg { opacity: .25; }
.chart .tools button[aria-pressed="true"] { border-color: var(--accent); color: var(--accent); font-weight: 600; }
.chart .tools button[aria-pressed="false"] { color: var(--ink); text-decoration: none; }
.chart button:disabled { color: var(--soft); opacity: .55; cursor: default; }
.tools { display: flex; flex-wrap: wrap; align-items: center; gap: .35rem; margin: 0 0 .35rem; color: var(--soft); font-size: .85rem; }
.tools label { display: flex; align-items: center; gap: .5rem; margin-left: auto; }
.tools input { width: 9rem; accent-color: var(--accent); }
.plot svg.live { touch-action: pan-y; cursor: crosshair; -webkit-user-select: none; user-select: none; }
.plot .zoomed path, .plot .zoomed line { vector-effect: non-scaling-stroke; }
.plot .off { display: none; }
.cursor { stroke: var(--soft); stroke-width: 1; pointer-events: none; }
.brush { fill: var(--accent); opacity: .16; pointer-events: none; }
.cell { fill: none; stroke: var(--ink); stroke-width: 2; pointer-events: none; }
.dot { stroke: var(--page); stroke-width: 1.5; pointer-events: none; }
.tip {
  position: absolute; z-index: 1; left: 0; top: 0; max-width: min(20rem, 92%); padding: .4rem .65rem; border: 1px solid var(--line); border-radius: 6px;
  background: var(--page); box-shadow: 0 2px 10px rgb(0 0 0 / .18); font-size: .85rem; line-height: 1.45; pointer-events: none;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
.tip[hidden] { display: none; }
.tip b { display: block; }
.tip > span { display: flex; justify-content: space-between; gap: 1.2rem; }

table.splits { margin-bottom: .25rem; }
.splits td { white-space: nowrap; }
details { margin: 0 0 .5rem; border: 1px solid var(--line); border-radius: 6px; padding: .5rem .9rem; }
summary { cursor: pointer; font-weight: 600; }
details table { margin-top: .5rem; }
.settings, .sums { table-layout: fixed; }
.settings td, .settings th, .sums th, .sums td { text-align: left; vertical-align: top; overflow-wrap: anywhere; }
.settings thead th:first-child { width: 40%; }
.settings tbody th { color: var(--soft); }
.sums thead th:nth-child(2) { width: 7rem; }
footer { margin-top: 3rem; padding-top: 1rem; padding-bottom: 2.5rem; color: var(--soft); font-size: .88rem; }

@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #141a21; --ink: #e4eaf0; --soft: #a7b3bf; --line: #36414c; --wash: #1d252e; --accent: #6cbcf0; --own: #f0853e;
    --better: #4cc9a4; --worse: #f39a5b; --same: #8996a3; --notice: #f3c769; --notice-wash: #2b2414; --notice-line: #c98a00;
  }
  ${darkCharts}
  .chart.shades .plot svg > rect { fill: none; }
  .chart.shades .plot svg { filter: invert(.92) hue-rotate(180deg); }
}
@media screen and (max-width: 44rem) {
  header.top { padding-top: 1rem; }
  main, header.top, footer { padding-left: 1rem; padding-right: 1rem; }
  nav ul { margin-bottom: 1.25rem; }
  h1 { font-size: 1.6rem; }
  h2 { margin-top: 2.4rem; }
  .verdict { padding: 1rem 1rem .5rem; }
  .figures { grid-template-columns: repeat(2, 1fr); }
  .meanings div { grid-template-columns: 1fr; gap: 0; padding: .35rem 0; }
  .plot .wide { display: none; }
  .plot .narrow { display: block; }
  .splits th, .splits td { padding-left: .3rem; padding-right: .3rem; font-size: .82rem; }
  .tools label { margin-left: 0; }
  .sums thead th:nth-child(2) { width: 4.5rem; }
  table.stacked, .stacked tbody, .stacked tr, .stacked th, .stacked td, .stacked caption { display: block; }
  .stacked thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stacked tr { margin-bottom: .75rem; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
  .stacked tbody th { padding: .6rem .75rem; font-weight: 600; }
  .stacked td { display: flex; justify-content: space-between; gap: 1rem; padding: .35rem .75rem; border: 0; text-align: right; white-space: normal; }
  .stacked td:first-of-type { padding-top: .6rem; }
  .stacked td:last-child { padding-bottom: .6rem; }
  .stacked td::before { content: attr(data-label); color: var(--soft); font-weight: 400; text-align: left; }
}
@media print {
  body { font-size: 10.5pt; }
  main, header.top, footer { max-width: none; padding: 0; }
  nav, .tools, .downloads, .tip, .skip { display: none; }
  details::details-content { content-visibility: visible; block-size: auto; }
  h2, h3, figcaption { break-after: avoid; }
  figure, .verdict, .banner, tr { break-inside: avoid; }
  .banner, .figures div, tr.model th, tr.model td, .shades { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
