import { appendFileSync, readdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { file } from '../../../src/alerts/outputs/file.ts'
import { NEVER, RECORD, WORLD } from '../record.ts'
import { folder } from './peers.ts'

function log(sizeMax: number | null = null, keep = 2) {
  const place = folder()
  const path = join(place, 'alerts.ndjson')
  const output = file({ type: 'file', path, sizeMax, keep }, WORLD)
  const keys = (name = 'alerts.ndjson'): string[] =>
    readFileSync(join(place, name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string }).id)
  const write = (key: string) => output.deliver({ key, record: RECORD }, NEVER)
  return { place, path, keys, write }
}

test('one object a line, with the key', async () => {
  const { path, write } = log()
  const outcome = await write('a')
  const text = readFileSync(path, 'utf8')
  expect(outcome).toEqual({ isDelivered: true, answer: `${text.length} octets written to ${path}` })
  expect(text.endsWith('}\n')).toBe(true)
  expect(JSON.parse(text)).toEqual({ id: 'a', ...RECORD })
})

test('a new file from a size on; so many older ones stay', async () => {
  const size = JSON.stringify({ id: 'a', ...RECORD }).length + 1
  const { place, keys, write } = log(2 * size)
  for (const key of 'abcdefgh') await write(key)
  expect(readdirSync(place).sort()).toEqual(['alerts.ndjson', 'alerts.ndjson.1', 'alerts.ndjson.2'])
  expect([keys(), keys('alerts.ndjson.1'), keys('alerts.ndjson.2')]).toEqual([
    ['g', 'h'],
    ['e', 'f'],
    ['c', 'd'],
  ])
})

test('no older ones', async () => {
  const { place, keys, write } = log(1, 0)
  for (const key of 'abc') await write(key)
  expect(readdirSync(place)).toEqual(['alerts.ndjson'])
  expect(keys()).toEqual(['c'])
})

test('whatever renames or empties it takes nothing away', async () => {
  const { place, path, keys, write } = log()
  await write('a')
  renameSync(path, join(place, 'rotated'))
  await write('b')
  expect([keys('rotated'), keys()]).toEqual([['a'], ['b']])
  truncateSync(path)
  await write('c')
  expect(keys()).toEqual(['c'])
})

test('what a crash left of a line is closed off', async () => {
  const { path, write } = log()
  writeFileSync(path, '')
  await write('a')
  appendFileSync(path, '{"id":"half')
  await write('b')
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  expect(lines.length).toBe(3)
  expect(lines[1]).toBe('{"id":"half')
  expect(JSON.parse(lines[2] ?? '')).toMatchObject({ id: 'b' })
})

test('a folder that is not there', async () => {
  const output = file({ type: 'file', path: '/nowhere/alerts', sizeMax: null, keep: 0 }, WORLD)
  expect(await output.deliver({ key: 'a', record: RECORD }, NEVER)).toMatchObject({
    isDelivered: false,
    answer: expect.stringMatching(/^ENOENT /),
  })
})
