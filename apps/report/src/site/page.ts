import { createHash } from 'node:crypto';
import type { Html } from './html.js';
import { html, trusted } from './html.js';
import { style } from './style.js';

/** A page in the navigation. */
export interface PageLink {
  readonly href: string;
  readonly name: string;
}

/** Content of one page. */
export interface PageContent {
  readonly title: string;
  readonly subtitle: string;
  readonly body: readonly (Html | null)[];
}

/** What all pages of a site share. */
export interface PageFrame {
  readonly links: readonly PageLink[];
  /** The script that makes charts interactive. */
  readonly script: string;
}

/**
 * The document around a page's content. Its content security policy allows this style and this script by their hashes and
 * nothing else: no request, no other script, no handler in an attribute.
 *
 * @param href the page's own file, marked in the navigation
 */
export function page(
  href: string,
  { title, subtitle, body }: PageContent,
  { links, script }: PageFrame,
): string {
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(style)}'`,
    `script-src '${hashOf(script)}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${trusted(policy)}">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${trusted(style)}</style>
</head>
<body>
<a class="skip" href="#main">To the content</a>
<header class="top">
<nav aria-label="Pages"><ul>${links.map(
    (link) =>
      html`<li><a href="${link.href}"${link.href === href ? html` aria-current="page"` : null}>${link.name}</a></li>`,
  )}</ul></nav>
<h1>${title}</h1>
<p class="subtitle">${subtitle}</p>
</header>
<main id="main">
${body}
</main>
<footer>Made from run folders by @fin/report. Past closes and headlines; no advice.</footer>
<script>${trusted(script)}</script>
</body>
</html>
`.text;
}

const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;
