/** Makes the dashboards: a folder with index.html and, under `assets`, scripts, styles and the icon, each
 *  named after its content, so that a browser may keep it for ever. Nothing in them is inline, and index.html
 *  names everything from the root, whatever page it is served for. */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** @param {string} root of the clone
 *  @param {string} folder to be made */
export async function makeDashboards(root, folder) {
  const from = join(root, 'dashboards')
  const assets = join(folder, 'assets')
  mkdirSync(assets, { recursive: true })
  const [main, theme] = await Promise.all([
    script(join(from, 'main.tsx'), assets, 'esm'),
    script(join(from, 'theme.ts'), assets, 'iife'),
  ])
  /** @type {Record<string, string>} */
  const places = {
    'main.tsx': main.entry,
    'theme.ts': theme.entry,
    'styles.css': hashed(assets, 'styles', 'css', minified(stylesUnder(from))),
    'mark.svg': hashed(assets, 'mark', 'svg', readFileSync(join(from, 'mark.svg'), 'utf8')),
  }
  const page = readFileSync(join(from, 'index.html'), 'utf8')
    .replaceAll(
      /%([^%\s]+)%/g,
      (_whole, name) => `/assets/${places[/** @type {keyof typeof places} */ (name)]}`,
    )
    .replace('</head>', `${main.imports.map(preload).join('')}</head>`)
  writeFileSync(join(folder, 'index.html'), page)
}

/** @param {string} name */
const preload = (name) => `<link rel="modulepreload" href="/assets/${name}">\n`

/** Bundles a script for browsers; lazy pages become files of their own.
 *  @param {string} input
 *  @param {string} dir
 *  @param {'esm' | 'iife'} format
 *  @returns {Promise<{ entry: string, imports: string[] }>} names: the script, and what it imports */
async function script(input, dir, format) {
  const { rolldown } = await import('rolldown')
  const build = await rolldown({
    input,
    platform: 'browser',
    tsconfig: false,
    logLevel: 'silent',
    transform: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  })
  try {
    const { output } = await build.write({
      dir,
      format,
      minify: true,
      entryFileNames: '[name]-[hash].js',
      chunkFileNames: '[name]-[hash].js',
    })
    return { entry: output[0].fileName, imports: output[0].imports }
  } finally {
    await build.close()
  }
}

/** The tokens first, then the parts of every page, then what stands beside pages and diagrams; by path.
 *  @param {string} folder */
function stylesUnder(folder) {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.css'))
    .toSorted()
  const rank = (/** @type {string} */ name) =>
    name === 'styles.css' ? 0 : name.startsWith(join('styles', '/')) ? 1 : 2
  const ordered = names.toSorted((a, b) => rank(a) - rank(b))
  return ordered.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n')
}

/** Without comments and without space that means nothing; no text of ours holds either.
 *  @param {string} css */
function minified(css) {
  return css
    .replaceAll(/\/\*[^]*?\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?([{};,]) ?/g, '$1')
    .replaceAll(';}', '}')
    .trim()
}

/** Writes a file that is named after its content.
 *  @param {string} folder
 *  @param {string} name
 *  @param {string} type
 *  @param {string} text
 *  @returns {string} its name */
function hashed(folder, name, type, text) {
  const file = `${name}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}.${type}`
  writeFileSync(join(folder, file), text)
  return file
}
