/** One word per thing. The left word is not used for what the right one names; words that a standard owns (a
 *  TLS server, an HTTP session cookie) are looked for only where they would be ours. */
import { expect, test } from 'vitest'
import { lineAt, sourcesUnder, withoutExempt } from './source-tree.ts'
import type { Source } from './source-tree.ts'

interface Synonym {
  readonly not: RegExp
  readonly but: string
  readonly under?: RegExp
  /** Whether comments may say it, to explain. */
  readonly inCodeOnly?: true
}

const SYNONYMS: readonly Synonym[] = [
  { not: /\b(pkts?|packetData)\b/i, but: 'packet' },
  { not: /\binitiators?\b/i, but: 'originator', under: /^src\/(bytes|model|wire|connections|streams)\// },
  { not: /\bacceptors?\b/i, but: 'responder' },
  { not: /\b(idle|time|silence)[ _-]?gaps?\b/i, but: 'silence (a gap is bytes that were not seen)' },
  { not: /\bvantages?\b/i, but: 'tap' },
  { not: /\b(anomal(y|ies)|detections?)\b/i, but: 'finding', under: /^src\/(detectors|incidents)\// },
  { not: /\b(white|black)[ _-]?list(s|ed)?\b/i, but: 'allow list, deny list' },
  // Facts know sides, not roles.
  {
    not: /agents?\b/i,
    but: 'originator or responder',
    under: /^src\/(bytes|wire|connections|streams)\//,
    inCodeOnly: true,
  },
  // Only src/sessions and the vocabulary own the bare word.
  {
    not: /^export (interface|type|class|const|function) Sessions?\b/m,
    but: 'a name that says which kind',
    under: /^src\/(?!sessions|model)/,
  },
]

/** Finding, or its beginning -> why it may stay. */
const EXEMPT: Readonly<Record<string, string>> = {
  'collectors/logs/argus.ts': 'a column is named so',
  'collectors/logs/aws-vpc.ts': 'fields are named so',
}

const sources = [...sourcesUnder('src'), ...sourcesUnder('collectors'), ...sourcesUnder('dashboards')]

test('no synonyms', () => {
  const found = SYNONYMS.flatMap((synonym) => sources.flatMap((source) => uses(synonym, source)))
  expect(withoutExempt(found, EXEMPT)).toEqual([])
})

function uses({ not, but, under = /^/, inCodeOnly }: Synonym, { path, text, code }: Source): string[] {
  if (!under.test(path)) return []
  const everywhere = new RegExp(not, `${not.flags}g`)
  return [...(inCodeOnly ? code : text).matchAll(everywhere)].map(
    ({ 0: word, index }) => `${path}:${lineAt(text, index)} says "${word}", not ${but}`,
  )
}
