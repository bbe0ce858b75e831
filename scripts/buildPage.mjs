// Bundles the dashboard's page to one file, dist/src/dashboard/page/page.html: script and style stand in it, so it needs
// no other file and no network. Its types are checked by tsc before; see build.mjs.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The page's sources, and their own tsconfig.json. */
export const pageProject = path.join(root, 'src', 'dashboard', 'page');

export async function buildPage() {
  // Only now: where packages are missing, the build says so before it comes here.
  const { buildSync } = await import('esbuild');
  const bundled = (entry) =>
    buildSync({
      entryPoints: [path.join(pageProject, entry)],
      bundle: true,
      minify: true,
      write: false,
      format: 'iife',
      target: 'es2022',
      jsx: 'automatic',
      jsxImportSource: 'preact',
      legalComments: 'inline',
    }).outputFiles[0].text.trim();
  const script = bundled('main.tsx');
  const style = bundled('style.css');
  const page = readFileSync(path.join(pageProject, 'page.html'), 'utf8')
    .replace('/* style */', () => style)
    .replace('/* script */', () => script);
  const out = path.join(root, 'dist', 'src', 'dashboard', 'page', 'page.html');
  mkdirSync(path.dirname(out), { recursive: true });
  writeFileSync(out, page.replace('{policy}', contentPolicy(page)));
}

/** Only the page's own script runs, and it speaks only to the server that it came from, whatever a journal contains. */
function contentPolicy(page) {
  const [, script] = /<script>([^]*)<\/script>/.exec(page);
  return [
    "default-src 'none'",
    `script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`,
    "style-src 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}
