import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gunzipSync } from 'node:zlib'
import { readStaticFiles } from '../../src/api/static-files.ts'
import { problemOf, rigOf } from './harness.ts'

const folder = mkdtempSync(join(tmpdir(), 'holdfast-dashboards-'))
const script = 'console.log("a page")\n'.repeat(100)

beforeAll(() => {
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Holdfast</title>')
  writeFileSync(join(folder, 'app-3fa9c1d2.js'), script)
  writeFileSync(join(folder, 'assets', 'mark.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  writeFileSync(join(folder, 'app.js.map'), '{}')
  writeFileSync(join(folder, '.env'), 'SECRET=1')
  symlinkSync('/etc/passwd', join(folder, 'passwd.txt'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const page = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } }

describe('dashboards', () => {
  test('files are sent with their type, and kept for ever if their name says what is in them', async () => {
    const rig = rigOf({ dashboards: folder })
    const answer = await rig.ask('/app-3fa9c1d2.js')
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    })
    expect(await answer.text()).toBe(script)
    const mark = await rig.ask('/assets/mark.svg')
    expect([mark.headers.get('content-type'), mark.headers.get('cache-control')]).toEqual([
      'image/svg+xml',
      'no-cache',
    ])
  })

  test('they are packed for who can unpack them', async () => {
    const rig = rigOf({ dashboards: folder })
    const ask = (encoding: string) =>
      rig.ask('/app-3fa9c1d2.js', { headers: { 'accept-encoding': encoding } })
    const packed = await ask('gzip, deflate, br')
    expect(packed.headers.get('content-encoding')).toBe('gzip')
    expect(gunzipSync(await packed.arrayBuffer()).toString()).toBe(script)
    for (const encoding of ['', 'br', 'gzip;q=0', 'identity'])
      expect.soft((await ask(encoding)).headers.get('content-encoding')).toBeNull()
  })

  test('any page that a browser opens is the application', async () => {
    const rig = rigOf({ dashboards: folder })
    for (const path of [
      '/',
      '/incidents',
      '/incidents/HF-2041',
      '/agents/agent.with.dots?from=1',
      '/index.html',
    ]) {
      const answer = await rig.ask(path, page)
      expect
        .soft([path, answer.status, answer.headers.get('content-type')])
        .toEqual([path, 200, 'text/html; charset=utf-8'])
      expect.soft(answer.headers.get('cache-control')).toBe('no-cache')
    }
    expect((await rig.ask('/')).status).toBe(200)
    const tag = (await rig.ask('/', page)).headers.get('etag') ?? ''
    expect((await rig.ask('/', { headers: { ...page.headers, 'if-none-match': tag } })).status).toBe(304)
  })

  test('anything else is not there', async () => {
    const rig = rigOf({ dashboards: folder })
    const json = { headers: { accept: 'application/json' } }
    for (const [path, init] of [
      ['/incidents', json],
      ['/app-00000000.js', { headers: { accept: '*/*' } }],
      ['/app.js.map', json],
      ['/.env', json],
      ['/passwd.txt', json],
      ['/../package.json', json],
      ['/..%2f..%2fetc%2fpasswd', json],
      ['/%2e%2e/%2e%2e/etc/passwd', json],
      ['/..%5c..%5cboot.ini', json],
      ['//etc/passwd', json],
      ['/index.html%00.js', json],
      ['/api/v2/incidents', page],
      ['/api/', page],
      ['/api/v1/nothing', page],
      ['/incidents', { ...page, method: 'POST' }],
    ] satisfies [string, RequestInit][])
      expect.soft([path, (await problemOf(await rig.ask(path, init))).status]).toEqual([path, 404])
  })

  test('without them the rest works', async () => {
    const rig = rigOf()
    expect((await rig.ask('/', page)).status).toBe(404)
    expect((await rig.ask('/api/v1/counts')).status).toBe(200)
  })

  test('a folder that is none is an error at the start', () => {
    expect(() => readStaticFiles(join(folder, 'missing'))).toThrow('ENOENT')
    expect(() => readStaticFiles(join(folder, 'assets'))).toThrow('has no index.html')
  })
})
