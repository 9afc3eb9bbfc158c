/**
 * Every folder of `fixtures/`: what a run finds is what `expected.json` says, the captures of stories are
 * those that the stories tell, and somebody who opens the folder is told what it is.
 * `UPDATE=1 npm run unit -- test/fixtures.test.ts` writes `expected.json` and the captures of stories anew.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { CASES, capturesOf, FIXTURES, runsOf } from './fixtures/cases.ts'
import { STORIES } from './fixtures/stories.ts'

const UPDATE = process.env['UPDATE'] === '1'

const README_LINES_MAX = 40

describe.each(Object.entries(STORIES))('the story of %s', (name, tell) => {
  test('is what its captures hold', () => {
    mkdirSync(join(FIXTURES, name), { recursive: true })
    for (const [file, told] of tell()) {
      const path = join(FIXTURES, name, file)
      const held = existsSync(path) ? gunzipSync(readFileSync(path)) : null
      const isSame = held?.equals(told) ?? false
      if (UPDATE && !isSame) writeFileSync(path, gzipSync(told, { level: 9 }))
      else expect(isSame, `${name}/${file}`).toBe(true)
    }
  })
})

describe.each(CASES)('%s', (name) => {
  const path = (file: string): string => join(FIXTURES, name, file)

  test('is found as expected', async () => {
    const found = await runsOf(name)
    if (UPDATE) writeFileSync(path('expected.json'), `${JSON.stringify(found, null, 2)}\n`)
    expect(found).toEqual(JSON.parse(readFileSync(path('expected.json'), 'utf8')))
  })

  test('says what it is, where it is from, how it was made, and who may use it', () => {
    const text = readFileSync(path('README.md'), 'utf8')
    expect(text.split('\n').length).toBeLessThan(README_LINES_MAX)
    expect(text.startsWith(`# ${name}\n`)).toBe(true)
    for (const word of ['Origin', 'Made', 'Licence']) expect(text).toMatch(new RegExp(`^- ${word}: .`, 'm'))
  })

  test('holds nothing else', () => {
    const known = ['README.md', 'expected.json', 'holdfast.yaml', 'keylog.txt', ...capturesOf(name)]
    expect(readdirSync(path('.')).filter((file) => !known.includes(file))).toEqual([])
  })
})

test('the list of cases is complete', () => {
  const rows = readFileSync(join(FIXTURES, 'README.md'), 'utf8').matchAll(/^\| \[([\w-]+)\]/gm)
  expect([...rows].map(([, name]) => name)).toEqual(CASES)
})
