import { expect, test } from 'vitest'
import { reportMarkdown } from '../../../../src/cli/report/markdown/page.ts'
import { hop, report } from '../sample.ts'

test('the whole report', async () => {
  await expect(reportMarkdown(report())).toMatchFileSnapshot('report.md.txt')
})

test('nobody judged the requirements', () => {
  const text = reportMarkdown(report({ requirements: null, listed: [hop({ id: 'HF-9' })], leftOut: 2 }))
  expect(text).toContain('No verdict per requirement is at hand')
  expect(text).toContain('| S0-09 | HF-2045 9 of the 18 came back on dlp2 instead of dlp1 |')
  expect(text).toContain(
    '| warning | HF-9 | 9 of the 18 came back on dlp2 instead of dlp1. | 9 | 21 Nov 2026 00:55:12 UTC |',
  )
  expect(text).toContain('and 2 more incidents')
})
