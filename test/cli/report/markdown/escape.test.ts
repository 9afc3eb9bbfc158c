import { describe, expect, test } from 'vitest'
import { block, code, inline, paragraph, table } from '../../../../src/cli/report/markdown/escape.ts'

describe('inside a line', () => {
  test.each([
    ['<b>&amp;', '\\<b\\>\\&amp;'],
    ['[x](javascript:alert(1))', '\\[x\\](javascript:alert(1))'],
    ['![x](http://a)', '\\!\\[x\\](http\\://a)'],
    ['**bold** _it_ ~~no~~ `code`', '\\*\\*bold\\*\\* \\_it\\_ \\~\\~no\\~\\~ \\`code\\`'],
    ['a|b\\', 'a\\|b\\\\'],
    ['@all #12 $x$', '\\@all \\#12 \\$x\\$'],
    ['see www.evil.example', 'see www\\.evil.example'],
    ['at 02:08:06', 'at 02:08:06'],
    ['two\nlines\u202e', 'two\\\\x0alines\\\\u\\{202e\\}'],
  ])('%s', (text, markdown) => {
    // A line end is spelt out first, and the spelling escaped like any text.
    expect(inline(text)).toBe(markdown)
  })
})

describe('at the beginning of a line', () => {
  test.each([
    ['- a', '\\- a'],
    ['+ a', '\\+ a'],
    ['=== a', '\\=== a'],
    ['1. a', '1\\. a'],
    ['12) a', '12\\) a'],
    ['# a', '\\# a'],
    ['9 of 18', '9 of 18'],
  ])('%s', (text, markdown) => {
    expect(paragraph(text)).toBe(markdown)
  })
})

describe('letters of a typewriter', () => {
  test('a fence is longer than any inside', () => {
    expect(code('a')).toBe('`a`')
    expect(code('a``b')).toBe('```a``b```')
    expect(code('`a')).toBe('`` `a ``')
    expect(code('a|b', true)).toBe('`a\\|b`')
    expect(block('x\n```\n<b>')).toBe('```\nx\\x0a```\\x0a<b>\n```'.replaceAll(/^```$/gm, '````'))
  })
})

test('a table', () => {
  expect(table(['A', 'B'], [['x', '1']], [1])).toBe('| A | B |\n| --- | ---: |\n| x | 1 |')
})
