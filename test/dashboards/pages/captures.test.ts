/** What the page of captures says of what is kept. */
import { expect, test } from 'vitest'
import { keptWords } from '../../../dashboards/pages/captures.tsx'

const plain = (text: string): string => text.replaceAll('\u00a0', ' ')
const kept = { kept: true, sizeBytes: 2_000_000 }
const away = { kept: false, sizeBytes: 9_000_000 }

test.each([
  [[kept, kept], '2 captures, kept: 4 MB'],
  [[kept, away, away], '3 captures, 1 of them kept: 2 MB'],
  [[away], '1 capture, none kept: octets that were read in place, or deleted since'],
])('%j', (rows, words) => {
  expect(plain(keptWords(rows))).toBe(words)
})
