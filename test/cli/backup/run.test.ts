import { join } from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../../../src/cli/main.ts'
import { openStore } from '../../../src/store/store.ts'
import { captured, database, folder, one } from '../../store/database.ts'
import { recordedConsole } from '../console.ts'

async function backup(...words: string[]) {
  const console = recordedConsole()
  const exitCode = await run(['backup', ...words], console)
  return { ...console.written, exitCode }
}

test('a copy of a database that is open elsewhere', async () => {
  const store = database()
  captured(store, 'a')
  const output = join(folder(), 'copy.db')
  expect(await backup('--db', store.path, '--output', output)).toEqual({ exitCode: 0, out: '', error: '' })
  const copy = openStore(output, { readOnly: true })
  expect(one(copy, 'SELECT name FROM capture')).toBe('a')
  copy.close()
  expect(await backup('--db', store.path, '--output', output)).toEqual({
    exitCode: 1,
    out: '',
    error: `holdfast: ${output} is there already: a backup replaces nothing\n`,
  })
})

test.each([
  [['--db', '/nowhere/a.db', '--output', 'b.db'], 1, '/nowhere/a.db: there is no such database'],
  [['--db', 'DB', '--output', '/nowhere/b.db'], 1, '/nowhere/b.db: there is no such folder'],
  [['--db', 'DB'], 2, '--output'],
])('%j fails in one line', async (words, exitCode, part) => {
  const { path } = database()
  const answer = await backup(...words.map((word) => (word === 'DB' ? path : word)))
  expect(answer).toMatchObject({ exitCode, out: '', error: expect.stringContaining(part) })
})
