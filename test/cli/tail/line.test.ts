import { describe, expect, test } from 'vitest'
import { alertLine } from '../../../src/cli/tail/line.ts'
import type { Paint } from '../../../src/cli/output/page.ts'
import { alert } from './alert.ts'

const plain: Paint = (_styles, text) => text
const marked: Paint = (styles, text) => `<${styles.join(' ')}>${text}</>`

describe('one line', () => {
  test('says when, how bad, what, and what to do', () => {
    expect(alertLine(alert(), plain, 2026)).toBe(
      '21 Nov 02:07:58 UTC  \u25c6 critical  The load balancer lb1 (10.10.2.10) reset EPA-0017 and dlp1 after 300 s of silence.  ' +
        'Do: On lb1, raise the idle timeout from 300 s to at least 86,400 s.  severed-idle at dlp-endpoint HF-2041',
    )
  })

  test.each([
    ['critical', '<bold red>\u25c6 critical</>'],
    ['warning', '<bold yellow>\u25b3 warning </>'],
    ['info', '<bold cyan>\u25cb info    </>'],
  ] as const)('%s has a sign, a word and a colour', (severity, text) => {
    expect(alertLine(alert({ severity }), marked, 2026)).toContain(`  ${text}  The load balancer`)
  })

  test('another year is told', () => {
    expect(alertLine(alert({ at: '2025-03-02T22:25:12.000000Z' }), plain, 2026)).toMatch(
      /^2 Mar 2025 22:25:12 UTC {2}/,
    )
    expect(alertLine(alert({ at: '2026-03-02T22:25:12.000000Z' }), plain, 2026)).toMatch(
      /^ 2 Mar 22:25:12 UTC {2}/,
    )
  })

  test('without a service and a remedy', () => {
    expect(alertLine(alert({ service: null, remedy: '' }), plain, 2026)).toMatch(
      /after 300 s of silence\. {2}severed-idle HF-2041$/,
    )
  })

  test('a hostile text stays one line and moves no cursor', () => {
    const hostile = 'evil\x1b[2J\r\nroot: ok\u202e\u2028'
    const line = alertLine(
      alert({ sentence: hostile, remedy: hostile, service: hostile, incident: hostile, at: hostile }),
      plain,
      2026,
    )
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u)
    expect(line).toContain('evil\\x1b[2J\\x0d\\x0aroot: ok\\u{202e}\\u{2028}')
  })
})
