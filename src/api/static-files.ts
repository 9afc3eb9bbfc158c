/**
 * The dashboards' files. All are read once, at the start, into a table from path to content; a request is
 * looked up in it, so that nothing a client sends ever becomes a path of the file system.
 *
 * Any other path that a browser opens answers the application itself, which knows its pages
 * (`/incidents/HF-2041`).
 */
import type { Context } from 'hono'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { ApiEnv } from './environment.ts'

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}
const PACKED_ALREADY: ReadonlySet<string> = new Set(['.png', '.ico', '.woff2'])

/** Files and octets that are taken in; a folder with more is not the dashboards'. */
const FILES_MAX = 200
const OCTETS_MAX = 32 * 1024 * 1024

/** `app-3fa9c1d2.js`: the name changes with the content. */
const HASHED = /-[\w-]{8,}\.\w+$/
const FOR_EVER = 'public, max-age=31536000, immutable'
const ASK_AGAIN = 'no-cache'

interface StaticFile {
  readonly type: string
  readonly plain: Uint8Array<ArrayBuffer>
  readonly gzipped: Uint8Array<ArrayBuffer> | null
  readonly tag: string
  readonly caching: string
}

export type StaticFiles = ReadonlyMap<string, StaticFile>

/** Reads a folder. Throws if it cannot be read, has no index.html, or holds too much. */
export function readStaticFiles(folder: string): StaticFiles {
  const files = new Map<string, StaticFile>()
  let octets = 0
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const type = MEDIA_TYPES[extname(entry.name)]
    const place = join(entry.parentPath, entry.name)
    if (!entry.isFile() || type === undefined) continue
    octets += statSync(place).size
    if (files.size === FILES_MAX || octets > OCTETS_MAX)
      throw new Error(`${folder} holds more than dashboards`)
    const path = `/${place.slice(folder.length).split(/[\\/]/).filter(Boolean).join('/')}`
    files.set(path, staticFile(entry.name, type, new Uint8Array(readFileSync(place))))
  }
  const application = files.get('/index.html')
  if (application === undefined) throw new Error(`${folder} has no index.html`)
  return files.set('/', application)
}

function staticFile(name: string, type: string, plain: Uint8Array<ArrayBuffer>): StaticFile {
  const packed = PACKED_ALREADY.has(extname(name)) ? null : new Uint8Array(gzipSync(plain, { level: 9 }))
  return {
    type,
    plain,
    gzipped: packed !== null && packed.byteLength < plain.byteLength ? packed : null,
    tag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 27)}"`,
    caching: HASHED.test(name) ? FOR_EVER : ASK_AGAIN,
  }
}

/** The file at a path; the application for a page that a browser opens; null for anything else. */
export function staticAnswer(c: Context<ApiEnv>, files: StaticFiles): Response | null {
  if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return null
  const { path } = c.req
  const file = files.get(path) ?? (isPage(c) ? files.get('/index.html') : undefined)
  return file === undefined ? null : answerOf(c, file)
}

const isPage = (c: Context<ApiEnv>): boolean =>
  !c.req.path.startsWith('/api/') && (c.req.header('accept') ?? '').includes('text/html')

function answerOf(c: Context<ApiEnv>, file: StaticFile): Response {
  c.header('Cache-Control', file.caching)
  c.header('Vary', 'Accept-Encoding')
  c.header('ETag', file.tag)
  if (
    c.req
      .header('if-none-match')
      ?.split(',')
      .some((tag) => tag.trim().replace(/^W\//, '') === file.tag)
  )
    return c.body(null, 304)
  c.header('Content-Type', file.type)
  const packed = file.gzipped
  if (packed === null || !/\bgzip\b(?! *; *q=0(?:\.0*)?(?:,|$))/i.test(c.req.header('accept-encoding') ?? ''))
    return c.body(file.plain)
  c.header('Content-Encoding', 'gzip')
  return c.body(packed)
}
