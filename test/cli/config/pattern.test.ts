import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { patternFault } from '../../../src/cli/config/pattern.ts'

describe('patterns that name agents are accepted', () => {
  test.each([
    '"agent":"([^"]+)"',
    '"agent": ?"([^"]+)"',
    '{"agent":"([^"]+)"',
    'X-Agent-Id: (\\S+)',
    '^.*id=(\\w+)',
    '(?<name>EPA-\\d{4})',
    'EPA-(\\d{4})|GUID-(\\w+)',
    'id=([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})',
    '\\x00([^\\x00]+)\\x00',
    '((?:ab)+)',
    '^DLPX.{5}\\{"agent":\\s*"([^"]+)".*"site":\\s*"([^"]+)"',
  ])('%s', (source) => {
    expect(patternFault(source)).toBeNull()
  })
})

describe('patterns that cannot name an agent, or may take for ever, are refused', () => {
  const SLOW = 'some input would take for ever'
  test.each([
    ['agent', 'has no group; put parentheses around the name, as in agent=([^;]+)'],
    ['', 'has no group'],
    ['(?:agent)', 'has no group'],
    ['(', 'is no regular expression: /(/: Unterminated group'],
    ['(a\\', 'is no regular expression'],
    ['(a+)+', `repeats (a+), which holds a repetition itself: ${SLOW}`],
    ['(a*)*b', SLOW],
    ['(?:\\w+\\.)+(x)', SLOW],
    ['(?:a?b){4}(c)', SLOW],
    ['(?:(?:a|b)c){3}(d)', SLOW],
    ['(a|a)*', `repeats the alternatives (a|a): ${SLOW}; use a class as in [ab]+`],
    ['(a|ab){2,}', SLOW],
    ['.*id=(\\S+)', `has too many repetitions that match the same text: ${SLOW}`],
    ['^(.*),(.*),(.*)$', 'has too many repetitions that match the same text'],
    ['(\\d{1,40}\\d{1,40}\\d{1,40})', 'has too many repetitions that match the same text'],
    ['(x?x?x?x?x?x?x?x?)', `has too many optional parts and alternatives: ${SLOW}`],
    ['(?=x)(a)', 'looks ahead or behind, which is not supported here'],
    ['(?<!x)(a)', 'looks ahead or behind, which is not supported here'],
    ['(a)\\1', 'holds \\1, which is not supported here'],
    ['(?<n>a)\\k<n>', 'holds \\k, which is not supported here'],
    [`(${'a'.repeat(500)})`, 'is longer than 500 characters'],
  ])('%s', (source, fault) => {
    expect(patternFault(source)).toContain(fault)
  })
})

test('any text gets an answer; what is accepted compiles and has a group', () => {
  const pieces = fc.constantFrom(
    '(',
    ')',
    '[',
    ']',
    'a',
    '.',
    '*',
    '+',
    '?',
    '{2,}',
    '|',
    '\\',
    '^',
    '(?:',
    '\\d',
    '-',
    '"',
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const source = parts.join('')
      if (patternFault(source) !== null) return
      expect(new RegExp(`${source}|`).exec('')!.length).toBeGreaterThan(1)
    }),
    { numRuns: 2000 },
  )
})
