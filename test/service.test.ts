/** The unit of systemd and the container file: as strict as they say, and Holdfast without privileges. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { commands } from '../src/cli/commands.ts'
import { recordedConsole } from './cli/console.ts'
import { ROOT } from './source-tree.ts'
import { missing } from './tools.ts'

const UNIT = readFileSync(join(ROOT, '.config/holdfast.service'), 'utf8')
const CONTAINER = readFileSync(join(ROOT, '.config/Containerfile'), 'utf8')

const settings = new Map(
  UNIT.split('\n')
    .filter((line) => /^[A-Z]\w+=/.test(line))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
)

test('Holdfast has no capabilities, and keeps none from dumpcap', () => {
  expect(settings.get('User')).toBe('holdfast')
  expect(settings.get('AmbientCapabilities')).toBe('')
  expect(settings.get('CapabilityBoundingSet')!.split(' ')).toContain('CAP_NET_RAW')
  // Each of them implies NoNewPrivileges=yes for a service with a user (systemd.exec(5)).
  for (const name of ['NoNewPrivileges', 'SystemCallFilter', 'RestrictAddressFamilies', 'PrivateDevices'])
    expect(settings.has(name)).toBe(false)
  expect(settings.has('MemoryDenyWriteExecute')).toBe(false)
  expect(CONTAINER).toContain('setcap cap_net_raw+ep /usr/bin/dumpcap')
  expect(CONTAINER).toMatch(/^USER holdfast$/m)
})

test('what they run is a command that there is, with options that it has', () => {
  const serve = commands(recordedConsole(), () => undefined).commands.find((one) => one.name() === 'serve')!
  const known = new Set(serve.options.map(({ long }) => long))
  const own = settings.get('ExecStart')!.split(' ').slice(2)
  const words = JSON.parse(/^CMD (\[.*\])$/m.exec(CONTAINER)![1]!) as string[]
  for (const line of [own, words]) {
    expect(line[0]).toBe('serve')
    for (const word of line.filter((one) => one.startsWith('--'))) expect(known).toContain(word)
  }
})

test('the container is made of what the package is made of, and nothing else is handed to its tool', () => {
  expect(CONTAINER).toMatch(/^COPY \. \.$/m)
  const lines = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  // First nothing, then what is named, then nothing of what is installed here.
  expect([lines[0], lines.at(-1)]).toEqual(['*', '**/node_modules'])
  const taken = lines.slice(1, -1).map((line) => /^!(\S+)$/.exec(line)?.[1] ?? line)
  expect(taken.filter((name) => !existsSync(join(ROOT, name)))).toEqual([])
  const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: string[] }
  // The bundle is made there; sources of its parts are where their imports lead (floors.test.ts).
  const shipped = files.map((file) => file.split('/')[0]!).filter((name) => name !== '.build')
  const needed = ['package.json', 'package-lock.json', '.npmrc', 'collectors', 'dashboards', ...shipped]
  expect(needed.filter((name) => !taken.includes(name))).toEqual([])
  expect(taken.filter((name) => /^(\.git|\.build|test|fixtures|holdfast\.db)/.test(name))).toEqual([])
})

test.skipIf(missing('systemd-analyze'))('systemd finds nothing wrong with the unit', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-unit-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'holdfast.service')
  writeFileSync(path, UNIT)
  const { stdout, stderr } = spawnSync(
    'systemd-analyze',
    ['verify', '--man=no', '--recursive-errors=no', path],
    {
      encoding: 'utf8',
    },
  )
  const own = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('holdfast.service'))
  expect(own).toEqual([])
})
