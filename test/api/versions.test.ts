import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { addCapture } from '../../src/store/captures.ts'
import { openStore } from '../../src/store/store.ts'
import { NOW, json, rigOf } from './harness.ts'
import type { Rig } from './harness.ts'

const path = '/api/v1/captures'
const tagOf = async (rig: Rig, of = path): Promise<string> => (await rig.ask(of)).headers.get('etag') ?? ''
const again = (rig: Rig, tag: string, of = path) => rig.ask(of, { headers: { 'if-none-match': tag } })
const capture = (sha256: string) => ({ sha256, name: 'a.pcap', size: 24, stored: sha256, at: NOW })

describe('tags', () => {
  test('an unchanged list is not sent again', async () => {
    const rig = rigOf()
    const tag = await tagOf(rig)
    expect(tag).toMatch(/^W\/"[\w-]{27}"$/)
    const answer = await again(rig, tag)
    expect([answer.status, await answer.text(), answer.headers.get('etag')]).toEqual([304, '', tag])
    expect(answer.headers.get('cache-control')).toBe('private, no-cache')
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect((await again(rig, `"other", ${tag}`)).status).toBe(304)
    expect((await again(rig, '"other"')).status).toBe(200)
  })

  test('another question has another tag', async () => {
    const rig = rigOf()
    expect(await tagOf(rig, `${path}?limit=1`)).not.toBe(await tagOf(rig))
    expect(await tagOf(rig, '/api/v1/analyses')).not.toBe(await tagOf(rig))
  })

  test('what this process commits makes a new version', async () => {
    const rig = rigOf()
    const tag = await tagOf(rig)
    addCapture(rig.store, capture('a'.repeat(64)))
    const answer = await again(rig, tag)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('etag')).not.toBe(tag)
  })

  test('what another process commits makes a new version', async () => {
    const rig = rigOf()
    const tag = await tagOf(rig)
    const other = openStore(join(rig.folder, 'holdfast.db'))
    addCapture(other, capture('b'.repeat(64)))
    other.close()
    expect((await again(rig, tag)).status).toBe(200)
  })

  test('a version of another run is none', async () => {
    const tag = await tagOf(rigOf())
    expect((await again(rigOf(), tag)).status).toBe(200)
  })

  test('while a job runs, what is left of it is asked anew', async () => {
    const rig = rigOf({ jobs: { running: () => 1 } })
    addCapture(rig.store, capture('a'.repeat(64)))
    await rig.ask('/api/v1/analyses', json({ captures: [{ id: 1 }] }))
    expect(await tagOf(rig, '/api/v1/analyses')).toBe('')
    expect(await tagOf(rig, '/api/v1/overview')).toBe('')
    expect(await tagOf(rig)).not.toBe('')
  })

  test('errors have none', async () => {
    expect(await tagOf(rigOf(), '/api/v1/captures/1')).toBe('')
  })
})
