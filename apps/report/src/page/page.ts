import type { Html } from '../html.js';
import { html, trusted } from '../html.js';
import { style } from './style.js';

/** The document around the sections. Its content security policy forbids scripts and requests. */
export function page(options: {
  title: string;
  subtitle: string;
  body: readonly (Html | null)[];
  footer: string;
}): string {
  const { title, subtitle, body, footer } = options;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>
<header class="top">
<p class="kicker">Forecast report</p>
<h1>${title}</h1>
<p class="subtitle">${subtitle}</p>
</header>
<main>
${body}
</main>
<footer>${footer}</footer>
</body>
</html>
`.text;
}
