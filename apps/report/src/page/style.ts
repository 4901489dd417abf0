/** Style of the page. It loads nothing from elsewhere, and suits phones and paper. */
export const style = `
:root {
  color-scheme: light;
  --ink: #1f2933; --soft: #52606d; --line: #d9dee4; --wash: #f5f7fa; --accent: #0072b2;
  --better: #00664d; --worse: #a64300; --same: #3e4c59; --notice: #7a4b00; --notice-wash: #fff6e0;
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: #fff; color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif;
}
main, header.top, footer { max-width: 58rem; margin: 0 auto; padding: 0 1.25rem; }
header.top { padding-top: 2.5rem; }
.kicker { margin: 0; color: var(--soft); font-size: .85rem; letter-spacing: .06em; text-transform: uppercase; }
h1, .subtitle, .verdict, .splits + p { overflow-wrap: anywhere; }
h1 { margin: .2rem 0 .3rem; font-size: 2rem; line-height: 1.2; letter-spacing: -.01em; }
.subtitle { margin: 0 0 1.5rem; color: var(--soft); }
h2 { margin: 3rem 0 .5rem; font-size: 1.3rem; line-height: 1.3; }
h3 { margin: 1.75rem 0 .5rem; font-size: 1rem; }
p { margin: 0 0 .75rem; max-width: 46rem; }
.soft { color: var(--soft); font-size: .92rem; }
code { font: .88em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }

.banner {
  margin: 0 0 1.25rem; padding: .9rem 1.1rem; border-left: 5px solid #e69f00; border-radius: 4px;
  background: var(--notice-wash);
}
.banner strong { color: var(--notice); }
.banner p { max-width: none; margin: 0; }
.verdict { padding: 1.25rem 1.4rem .75rem; border: 1px solid var(--line); border-top: 5px solid var(--same); border-radius: 6px; }
.verdict.better { border-top-color: var(--better); }
.verdict.worse { border-top-color: var(--worse); }
.verdict h2 { margin: 0 0 .6rem; font-size: 1.35rem; }
.verdict.better h2 { color: var(--better); }
.verdict.worse h2 { color: var(--worse); }

.figures { display: grid; grid-template-columns: repeat(4, 1fr); gap: .75rem; margin: 1rem 0 0; padding: 0; }
.figures div { padding: .8rem 1rem; border-radius: 6px; background: var(--wash); }
.figures dt { color: var(--soft); font-size: .82rem; }
.figures dd { margin: 0; }
.figures .value { font-size: 1.5rem; font-weight: 600; line-height: 1.3; font-variant-numeric: tabular-nums; }
.figures .beside { color: var(--soft); font-size: .82rem; }

table { width: 100%; border-collapse: collapse; font-size: .93rem; font-variant-numeric: tabular-nums; }
caption { padding: 0 0 .5rem; color: var(--soft); font-size: .92rem; text-align: left; }
th, td { padding: .5rem .6rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: middle; }
th:first-child, td:first-child { padding-left: .75rem; text-align: left; }
thead th { border-bottom: 2px solid var(--line); color: var(--soft); font-size: .82rem; font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 400; }
tr.model th, tr.model td { background: var(--wash); font-weight: 600; }
tr.model th { box-shadow: inset 4px 0 0 #d55e00; }
.unit { display: block; font-weight: 400; }
.interval { color: var(--soft); font-size: .82rem; font-weight: 400; white-space: nowrap; }
.range { display: block; width: 108px; height: 14px; margin: .15rem 0 0 auto; }
ol.notes { margin: .75rem 0 0; padding-left: 1.2rem; color: var(--soft); font-size: .88rem; }

dl.meanings { margin: 0; font-size: .92rem; }
.meanings div { display: grid; grid-template-columns: 9rem 1fr; gap: 1rem; padding: .25rem 0; }
.meanings dt { color: var(--soft); }
.meanings dd { margin: 0; max-width: 46rem; }

figure { margin: .75rem 0 0; }
figure svg { display: block; max-width: 100%; height: auto; }
figure .narrow { display: none; }
figcaption { max-width: 46rem; margin-bottom: .75rem; color: var(--soft); font-size: .92rem; }

table.splits { margin-bottom: .75rem; }
.splits td { white-space: nowrap; }
.settings td, .settings th { text-align: left; vertical-align: top; }
.settings th { width: 40%; color: var(--soft); font-weight: 400; overflow-wrap: anywhere; }
.settings td { overflow-wrap: anywhere; }
footer { margin-top: 3rem; padding-top: 1rem; padding-bottom: 2.5rem; color: var(--soft); font-size: .88rem; }

@media screen and (max-width: 44rem) {
  header.top { padding-top: 1.5rem; }
  main, header.top, footer { padding-left: 1rem; padding-right: 1rem; }
  h1 { font-size: 1.6rem; }
  .figures { grid-template-columns: repeat(2, 1fr); }
  .meanings div { grid-template-columns: 1fr; gap: 0; padding: .35rem 0; }
  figure .wide { display: none; }
  .splits th, .splits td { padding-left: .3rem; padding-right: .3rem; font-size: .82rem; }
  .settings th { width: 52%; }
  figure .narrow { display: block; }
  table.metrics, .metrics tbody, .metrics tr, .metrics th, .metrics td, .metrics caption { display: block; }
  .metrics thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .metrics tr { margin-bottom: .75rem; border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
  .metrics tbody th { padding: .6rem .75rem; font-weight: 600; }
  .metrics td { display: flex; justify-content: space-between; gap: 1rem; padding: .35rem .75rem; border: 0; }
  .metrics td:first-of-type { padding-top: .6rem; }
  .metrics td:last-child { padding-bottom: .6rem; }
  .metrics td::before { content: attr(data-label); color: var(--soft); font-weight: 400; }
}
@media print {
  body { font-size: 10.5pt; }
  main, header.top, footer { max-width: none; padding: 0; }
  h2, h3, figcaption { break-after: avoid; }
  figure, .verdict, .banner, tr { break-inside: avoid; }
  .banner, .figures div, tr.model th, tr.model td { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
