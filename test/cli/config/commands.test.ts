import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../../../src/cli/main.ts'
import { recordedConsole } from '../console.ts'
import { EXAMPLE } from './example.ts'

let folder = ''
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'holdfast-check-'))))
afterAll(() => rmSync(folder, { recursive: true }))

async function check(content: string) {
  const path = join(folder, 'holdfast.yaml')
  writeFileSync(path, content)
  const console = recordedConsole()
  const exitCode = await run(['config', 'check', path], console)
  return {
    exitCode,
    out: console.written.out.replaceAll(`${folder}/`, ''),
    error: console.written.error.replaceAll(`${folder}/`, ''),
  }
}

describe('config check', () => {
  test('says what a valid file comes to, with the defaults of the profile', async () => {
    expect(await check(EXAMPLE)).toEqual({
      exitCode: 0,
      out: [
        'holdfast.yaml is valid.',
        'dlp-endpoint (symantec-dlp): ports 10443; 2 servers; persistent; sticky for 24 h; idle after 60 s; servers close after 30 s; check-in every 1 h; heartbeat every 270 s',
        '1 location, 1 group, 2 devices, 1 agent',
        '',
      ].join('\n'),
      error: [
        'holdfast.yaml:31:57: locations[0].servers.sepm names a service that this file does not describe',
        'holdfast.yaml:33:56: groups[0].servers.epo names a service that this file does not describe',
        '',
      ].join('\n'),
    })
  })

  test('counts collectors, and outputs of alerts', async () => {
    const file = `
collectors: [{ name: edge, interface: eth0 }]
alerts: { outputs: [{ name: log, file: { path: /tmp/a } }, { name: more, file: { path: /tmp/b } }] }`
    expect((await check(file)).out).toBe('holdfast.yaml is valid.\n1 collector, 2 outputs\n')
  })

  test('tells every problem and how many there are, and fails', async () => {
    expect(await check('services:\n  - name: a\n    idleTreshold: 5s\n    port: 443\n')).toEqual({
      exitCode: 1,
      out: '',
      error: [
        'holdfast.yaml:3:5: services[0].idleTreshold is not a key; did you mean idleThreshold?',
        'holdfast.yaml:4:5: services[0].port is not a key; did you mean ports?',
        'holdfast: holdfast.yaml has 2 problems',
        '',
      ].join('\n'),
    })
  })

  test('says how many problems it left out', async () => {
    const { error } = await check(Array.from({ length: 60 }, (_, i) => `key${i}: 1`).join('\n'))
    expect(error.trim().split('\n')).toHaveLength(51)
    expect(error).toContain('holdfast: holdfast.yaml has 60 problems; the first 50 are shown\n')
  })

  test('shows nothing of a file that a terminal would obey', async () => {
    const { error } = await check('"\\e[2J\\u202e": 1\n')
    expect(error).toContain('is not a key')
    expect(error).toContain('["\\u001b[2J\\u{202e}"] is not a key')
    expect(error).not.toMatch(/\p{Cf}/u)
  })

  test('needs a file that can be read', async () => {
    const console = recordedConsole()
    expect(await run(['config', 'check', join(folder, 'none')], console)).toBe(1)
    expect(console.written).toEqual({
      out: '',
      error: `holdfast: cannot read ${folder}/none: no such file or directory\n`,
    })
  })
})

test('config schema prints a JSON Schema that knows every key and no other', async () => {
  const console = recordedConsole()
  expect(await run(['config', 'schema'], console)).toBe(0)
  const schema = JSON.parse(console.written.out)
  expect(schema).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Holdfast configuration',
    type: 'object',
    additionalProperties: false,
  })
  expect(Object.keys(schema.properties)).toEqual([
    'services',
    'locations',
    'groups',
    'devices',
    'nat',
    'dns',
    'agents',
    'ignore',
    'alerts',
    'collectors',
  ])
  expect(schema.properties.services.items.properties.idleThreshold).toMatchObject({
    type: 'string',
    description: 'A silence this long counts as idle',
  })
  expect(schema.properties.services.items.required).toEqual(['name'])
})
