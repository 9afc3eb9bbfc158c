import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseConfig } from '../../../src/cli/config/load.ts'
import { suggestionText } from '../../../src/cli/config/suggest-document.ts'
import type { SuggestedService } from '../../../src/cli/config/suggest-plan.ts'
import { run } from '../../../src/cli/main.ts'
import { CASES, capturesOf, FIXTURES } from '../../fixtures/cases.ts'
import { recordedConsole } from '../console.ts'

const README = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')

let folder = ''
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'holdfast-suggest-'))))
afterAll(() => rmSync(folder, { recursive: true }))

async function holdfast(...words: string[]) {
  const { written, ...console } = recordedConsole()
  return { exitCode: await run(words, console), ...written }
}

const inputsOf = (name: string): string[] =>
  capturesOf(name).map((file) => `${file.split('.')[0]}=${join(FIXTURES, name, file)}`)

async function typesOf(...words: string[]): Promise<Set<string>> {
  const { out } = await holdfast(
    'analyze',
    '--quiet',
    '--format',
    'ndjson',
    '--include',
    'incident',
    ...words,
  )
  const lines = out.split('\n').filter((line) => line !== '')
  return new Set(lines.map((line) => (JSON.parse(line) as { type: string }).type))
}

/** What a configuration explains, or says better: a close by the relay that it names is no server's. */
const EXPLAINED: ReadonlySet<string> = new Set(['server-idle-close', 'cleartext'])

describe.each(CASES)('from %s', (name) => {
  test('comes a configuration that is valid, and takes no finding away', async () => {
    const path = join(folder, `${name}.yaml`)
    const { exitCode, out, error } = await holdfast('config', 'suggest', '--output', path, ...inputsOf(name))
    expect([exitCode, out]).toEqual([0, ''])
    expect(error).toMatch(
      /^holdfast: (.*describes \d+ services?; read it before you use it|no service was seen .*)\n$/,
    )
    expect(await holdfast('config', 'check', path)).toMatchObject({ exitCode: 0, error: '' })
    const [without, withIt] = [
      await typesOf(...inputsOf(name)),
      await typesOf('--config', path, ...inputsOf(name)),
    ]
    expect([...without].filter((type) => !withIt.has(type) && !EXPLAINED.has(type))).toEqual([])
  })
})

test('both sides of a load balancer: its addresses, its servers, what names agents, and why', async () => {
  const { out } = await holdfast('config', 'suggest', '--quiet', ...inputsOf('severed-by-load-balancer'))
  expect(out.slice(out.indexOf('services:'))).toBe(`services:
  - name: dlp # 7 client addresses, 15 connections; 4 endpoints: behind one relay
    fqdn: dlp.example.com # Host of 15 connections
    ports: [10443] # listens at 1 address; 15 connections
    vips: [10.10.2.10] # its connections were seen again on the way to servers: same first octets (15 times)
    servers:
      - {name: dlp-1, addresses: [10.10.3.11]} # 4 connections
      - {name: dlp-2, addresses: [10.10.3.12]} # 8 connections
      - {name: dlp-3, addresses: [10.10.3.13]} # 3 connections
    identity:
      - {httpHeader: X-Agent-Id} # 7 values for 7 client addresses, 6 of them on several connections
    # connections: persistent # 15 connections, 2.1 connections for each client, half of them lasted 35 min 32 s or more
    # serverIdleTimeout: 300s # the server, or the relay before it, closed 8 idle connections of 6 agents after it
devices:
  - role: load-balancer # connections to it were seen again on the way to 3 servers: same first octets (15 times)
    addresses: [10.10.2.10, 10.10.3.1]
`)
  const [, shown = ''] = /# holdfast config suggest client=.*\n([^]*?)```/.exec(README) ?? []
  expect(out.split('\n')).toEqual(expect.arrayContaining(shown.trimEnd().split('\n')))
})

test('who its addresses belong to lets the analysis name the box', async () => {
  const path = join(folder, 'relay.yaml')
  const inputs = inputsOf('severed-by-load-balancer')
  const agentsSide = inputs.filter((input) => input.startsWith('client='))
  await holdfast('config', 'suggest', '--quiet', '--output', path, ...inputs)
  expect(await typesOf(...agentsSide)).not.toContain('severed-idle')
  expect(await typesOf('--config', path, ...agentsSide)).toContain('severed-idle')
})

test('who speaks in clear at the port of a product that never does is not that product', async () => {
  const { out } = await holdfast(
    'config',
    'suggest',
    '--quiet',
    join(FIXTURES, 'server-idle-close', 'client.pcap.gz'),
  )
  expect(out).toContain('ports: [10443]')
  expect(out).not.toContain('symantec-dlp-12.5')
})

test('a changing translation is left to a person', async () => {
  const { out } = await holdfast('config', 'suggest', '--quiet', ...inputsOf('nat-rebind'))
  expect(out).toMatch(
    /^# nat:\n# {3}- \{inside: \[10\.10\.1\.0\/24\], outside: \[203\.0\.113\.5, .*mapping: pool\} # /m,
  )
})

describe('what comes from traffic', () => {
  const service: SuggestedService = {
    name: { value: 'a: b # c - d', why: 'two\nlines\u001b[31m', isThin: false },
    profile: null,
    fqdn: { value: '{evil', why: '*alias', isThin: true },
    ports: { value: [443], why: '', isThin: false },
    vips: null,
    connections: null,
    serverIdleTimeout: null,
    heartbeat: { value: '270s', why: 'seen', isThin: true },
    checkIn: null,
    servers: [{ name: 'x', address: '10.0.0.1', why: 'one', isThin: true }],
    identity: [],
    isThin: false,
  }

  test('is quoted in values, and one harmless line in comments', () => {
    const text = suggestionText({ services: [service], servicesLeftOut: 1, devices: [], nat: [] }, [
      'a\nb.pcap',
    ])
    expect(text).not.toContain('\u001b')
    const loaded = parseConfig(text)
    expect(
      'deployment' in loaded && loaded.deployment.services.map(({ name, heartbeat }) => [name, heartbeat]),
    ).toEqual([['a: b # c - d', null]])
    expect(text).toMatch(/^ {4}# heartbeat: 270s # seen$/m)
    expect(text).toMatch(/^# and 1 more service of which little was seen$/m)
  })

  test('becomes a line when its # is taken away', () => {
    const text = suggestionText({ services: [service], servicesLeftOut: 0, devices: [], nat: [] }, ['a'])
    const loaded = parseConfig(text.replaceAll(/^ {4}# /gm, '    '))
    expect('deployment' in loaded && loaded.deployment.services[0]).toMatchObject({
      fqdn: '{evil',
      heartbeat: 270_000_000,
      servers: [{ name: 'x' }],
    })
  })

  test('of thin evidence alone makes a file of comments, which is valid', () => {
    const thin = { ...service, isThin: true }
    const text = suggestionText({ services: [thin], servicesLeftOut: 0, devices: [], nat: [] }, ['a'])
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([])
    expect(parseConfig(text)).toMatchObject({ deployment: { services: [] } })
    expect(text).toContain('# services:\n#   - {name: ')
  })
})

test('what cannot be read is told as analyze tells it', async () => {
  const path = join(folder, 'nothing.pcap')
  writeFileSync(path, '')
  expect((await holdfast('config', 'suggest', path)).exitCode).toBe(1)
  expect(await holdfast('config', 'suggest', '--output', path, path)).toMatchObject({ exitCode: 2 })
  expect(readFileSync(path, 'utf8')).toBe('')
})
