import { expect, test } from 'vitest'
import { logTo } from '../../../src/cli/serve/log.ts'

test('secrets are struck out, at three depths', () => {
  const lines: string[] = []
  const log = logTo({ write: (line) => void lines.push(line) })
  log.info(
    { token: 'S1', request: { cookie: 'S2', headers: { authorization: 'S3' } }, keylog: 'S4', kept: 'K' },
    'hi',
  )
  const { time: _, ...line } = JSON.parse(lines[0]!) as Record<string, unknown>
  expect(line).toEqual({
    level: 30,
    token: '[redacted]',
    request: { cookie: '[redacted]', headers: { authorization: '[redacted]' } },
    keylog: '[redacted]',
    kept: 'K',
    msg: 'hi',
  })
})
