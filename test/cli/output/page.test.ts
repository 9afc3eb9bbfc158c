import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { columnsOf, page, wrap } from '../../../src/cli/output/page.ts'

const plain = (_styles: readonly string[], text: string): string => text
const marked = (styles: readonly string[], text: string): string => `<${styles.join('+')}>${text}</>`

describe('wrapping', () => {
  test('breaks between words, and not before a unit', () => {
    expect(wrap('a cut after 15 s of silence', 14)).toEqual(['a cut after', '15 s of', 'silence'])
  })

  test('breaks words that are longer than a line', () => {
    expect(wrap('id 0123456789abcdef x', 8)).toEqual(['id', '01234567', '89abcdef', 'x'])
  })

  test('knows wide characters', () => {
    expect([columnsOf('東京'), columnsOf('e\u0301'), columnsOf('abc')]).toEqual([4, 1, 3])
    expect(wrap('東京東京', 6)).toEqual(['東京東', '京'])
  })

  test('no line is wider than it may be, and no text is lost', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '1', 's', 'é', '東'), maxLength: 80 })
    fc.assert(
      fc.property(text, fc.integer({ min: 4, max: 30 }), (written, width) => {
        const lines = wrap(written, width)
        for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(width)
        expect(lines.join('').replaceAll(' ', '')).toBe(written.replaceAll(' ', ''))
      }),
    )
  })
})

describe('a page', () => {
  test('has labels with what hangs beside them', () => {
    const sheet = page(60, plain)
    sheet.title('CRITICAL', 'red', 'The load balancer 10.10.2.10 cut 3 idle agents after 15 s of silence.')
    sheet.row('evidence', [
      'EPA-0017 and dlp1',
      '  client #1310 02:07:51.120 the last packet before the silence',
    ])
    sheet.warning('12 packets were cut by the snap length; their ends were not read.')
    expect(sheet.text().split('\n')).toEqual([
      'CRITICAL  The load balancer 10.10.2.10 cut 3 idle agents',
      '          after 15 s of silence.',
      '  evidence     EPA-0017 and dlp1',
      '                 client #1310 02:07:51.120 the last packet',
      '                 before the silence',
      '    ! 12 packets were cut by the snap length; their ends',
      '      were not read.',
      '',
    ])
  })

  test('never breaks what is to be copied', () => {
    const sheet = page(60, plain)
    const filter = 'ip.addr == 10.10.1.101 && '.repeat(5)
    sheet.verbatim('Wireshark', filter)
    expect(sheet.text()).toBe(`  Wireshark    ${filter}\n`)
  })

  test('is at least 60 and at most 120 columns wide', () => {
    const words = 'word '.repeat(60).trim()
    const longest = (columns: number): number => {
      const sheet = page(columns, plain)
      sheet.paragraph(words)
      return Math.max(
        ...sheet
          .text()
          .split('\n')
          .map((line) => line.length),
      )
    }
    expect([longest(10), longest(80), longest(500)]).toEqual([56, 76, 116])
  })

  test('paints words, not margins', () => {
    const sheet = page(60, marked)
    sheet.heading('Captures')
    sheet.title('WARNING', 'yellow', 'x')
    sheet.row('by', 'nobody')
    expect(sheet.text().split('\n').slice(0, 3)).toEqual([
      '<bold>Captures</>',
      '<bold+yellow>WARNING</>  <bold>x</>',
      '  <dim>by</>           nobody',
    ])
  })

  test('lets nothing through that a terminal obeys', () => {
    const sheet = page(80, plain)
    const bad = 'x\u001b[2J\u202ey'
    sheet.heading(bad)
    sheet.paragraph(bad)
    sheet.warning(bad)
    sheet.row('by', [bad, `  ${bad}`])
    sheet.verbatim('Wireshark', bad)
    sheet.title('INFO', 'cyan', bad)
    expect(sheet.text().replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(sheet.text().match(/x\\x1b\[2J\\u\{202e\}y/g)).toHaveLength(7)
  })
})
