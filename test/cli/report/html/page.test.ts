import { describe, expect, test } from 'vitest'
import type { ReportData } from '../../../../src/cli/report/data.ts'
import { reportHtml } from '../../../../src/cli/report/html/page.ts'
import { WHOLE } from '../../output/story.ts'
import { hop, input, report, severed } from '../sample.ts'

/** What a reader sees, without the style sheet; blanks as one space. */
const textOf = (page: string): string =>
  page
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'")
    .replace(/[\s\u00a0]+/g, ' ')

const text = (changes: Partial<ReportData> = {}): string => textOf(reportHtml(report(changes)))

describe('what it says', () => {
  test.each([
    // Scope, verdict and what limits it.
    'Forensic report on all that holdfast.db holds 20 Nov 2026 22:25:00 to 21 Nov 2026 03:12:31 UTC (4 h 47 min)',
    'The load balancer 10.10.2.10 cut 18 idle agents after 300 s. 2 incidents in 41,204 connections of 687 agents with 3 servers: 1 critical and 1 warning.',
    'server: reading stopped before the end (cut off at 9,102,114): what follows is not judged; one way 12 %: silent cuts not judged; 3 segments missing',
    // Conformance.
    'violated S0-04 Nothing on the path may sever an agent\u2019s connection, idle or not. 204 HF-2041',
    'not observed S0-11 A failed server is replaced within 24 h. 0 needs a capture in which a server fails, and servers in the configuration',
    // The incident.
    'critical HF-2041 severed-idle acknowledged The load balancer 10.10.2.10 cut 18 idle agents after 300 s.',
    'load balancer lb1 (10.10.2.10) confidence 0.97',
    '63 times, 20 Nov 2026 22:25:12 to 21 Nov 2026 03:12:31 UTC',
    'The timer: in [299.91, 300.03] s',
    'Devices with such a default: F5 BIG-IP (300 s) and Azure Firewall (east-west) (300 s, unconfirmed). Something on the connection every 239.9 s or less keeps it open.',
    'Evidence weights add up to +6.3',
    '\u22120.8 RST carries ACK and a window of 4,380 a live socket would abort like this',
    'client #1311 21 Nov 02:07:58.170 RST after 300.03 s of silence, unprovoked 10.10.2.10:10443 &gt; 10.10.1.101:49152 RST ACK, 0 octets, hop limit 255',
    'EPA-0017 10.10.1.101 8 times , last 21 Nov 03:08:32',
    'tcp.flags.reset == 1 &amp;&amp; ip.addr == 10.10.1.101',
    'acknowledged by mara: ticket NET-112 with the network team',
    'some device in between confidence 0.60',
    // The timeline and the inputs.
    '20 Nov 22:25:12.000 HF-2041 First: The load balancer 10.10.2.10 cut 18 idle agents after 300 s.',
    'SHA-256 9f2c7dfb6a3b4a0d1f0f7c1b6c1e64c7f3f1c58d6c0f60d4bb7b0c1ae5b5a6a1',
    'Quality not whole something lost partly one-way all followed in order reading stopped',
    'pcapng, 9.2 GB (9,204,117,003 octets) and 41,804,112 packets',
    'Made by Holdfast 0.1.0 on 21 Nov 2026 09:31:52 UTC.',
  ])('%s', (sentence) => {
    expect(text()).toContain(sentence)
  })

  test('nobody judged the requirements: it says so, and what the incidents break', () => {
    const said = text({ requirements: null })
    expect(said).toContain('No verdict per requirement is at hand')
    expect(said).toMatch(/S0-04 HF-2041 The load balancer .* S0-09 HF-2045 9 of the 18 .* S0-15 HF-2041/)
  })

  test('nothing broke', () => {
    const totals = { ...report().totals, incidents: { critical: 0, warning: 0, info: 0 } }
    const quiet = text({ totals, incidents: [], requirements: null, inputs: [input()] })
    expect(quiet).toContain('Nothing broken in 41,204 connections of 687 agents with 3 servers.')
    expect(quiet).toContain('Silences up to 299.91 s were survived.')
    expect(quiet).toContain('No incident breaks one.')
    expect(quiet).not.toContain('What the captures cannot show')
    const empty = text({ totals: { ...totals, connections: 0, packets: 0 }, incidents: [], inputs: [] })
    expect(empty).toContain('No TCP connection in 0 packets: there is nothing to judge.')
    expect(empty).toContain('No capture is stored.')
    expect(empty).toContain('Nothing in it has a time.')
  })

  test('all is resolved', () => {
    const incidents = [severed({ state: 'resolved' }), hop({ state: 'resolved' })]
    expect(text({ incidents })).toContain('All 2 incidents are resolved. 2 incidents in 41,204 connections')
  })

  test('further incidents are listed, and the rest counted', () => {
    const said = text({ listed: [hop({ id: 'HF-9' })], leftOut: 1_204, inputsLeftOut: 3 })
    expect(said).toMatch(
      /HF-9 9 of the 18 came back on dlp2 instead of dlp1\. 9 21 Nov 2026 00:55:12 UTC and 1,204 more incidents/,
    )
    expect(said).toContain('and 3 more captures')
  })
})

describe('figures', () => {
  test('a ring for every survived silence, a cross for every severed one', () => {
    const [main = '', zoom = ''] =
      reportHtml(report()).match(
        /<svg class="chart" height="(?!18|22).*?<\/svg>\s*(?=<p class="note"|<\/figure>)/gs,
      ) ?? []
    expect(main.match(/<circle/g)).toHaveLength(141)
    expect(main.match(/class="s-crit"/g)).toHaveLength(63)
    expect(main).toContain(
      '141 of up to 299.91 s survived; 63 silences of 300.03 s or more severed. The timer lies in [299.91, 300.03] s.',
    )
    expect(main).toContain('>F5 BIG-IP 300 s<')
    expect(main).toContain('>14 longer survived<')
    expect(zoom).toMatch(/>\s*\[299\.91, 300\.03\] s\s*</)
  })

  test('a timer without silences at hand is told in words alone', () => {
    const timer = { ...severed().timer!, severedSeconds: [], survivedSeconds: [] }
    const page = reportHtml(report({ incidents: [severed({ timer })] }))
    expect(page).not.toContain('class="timer"')
    expect(textOf(page)).toContain('63 silences severed, 141 survived.')
  })

  test('every link leads somewhere', () => {
    const page = reportHtml(report({ listed: [hop({ id: 'HF-9' })] }))
    const targets = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)
    expect(links.filter((id) => !targets.has(id))).toEqual([])
  })
})

describe('one file', () => {
  test('without script and without anything from outside', () => {
    const page = reportHtml(report())
    expect(page).not.toMatch(
      /<(script|link|img|iframe|object|embed|base|form)\b|\bon\w+=|javascript:|url\(|@import|https?:/i,
    )
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`)
    expect(page.startsWith('<!doctype html>\n<html lang="en">')).toBe(true)
  })

  test('hostile text stays text, wherever it stands', () => {
    const hostile = `</style></title><script>alert(1)</script><img src=x onerror=alert(2)>" onload='x' \u202e\x1b[2J`
    const tagsOf = (page: string): string[] => page.match(/<\/?[a-z!][^\s>]*/gi) ?? []
    const calm = reportHtml(everyText('calm'))
    const page = reportHtml(everyText(hostile))
    expect(tagsOf(page)).toEqual(tagsOf(calm))
    expect(page.match(/\son\w+="/g) ?? []).toEqual([])
    expect(page).not.toMatch(/[\p{Cf}\p{Cs}]|(?!\n)\p{Cc}/u)
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
  })
})

/** The sample with one text in place of all that comes from traffic or people. */
function everyText(words: string): ReportData {
  const { timer, proofs, attribution, history, agentList } = severed()
  const incident = severed({
    title: words,
    summary: words,
    remedy: words,
    filter: words,
    service: words,
    requirements: [words],
    actor: { role: 'firewall', address: words, name: words, confidence: 0.5 },
    timer: { ...timer!, candidates: [`${words} (300 s)`] },
    proofs: proofs.map((proof) => ({
      ...proof,
      sentence: words,
      packets: proof.packets.map((packet) => ({ ...packet, tap: words, note: words, segment: words })),
    })),
    attribution: attribution.map((item) => ({ ...item, test: words, observed: words })),
    history: history.map((change) => ({ ...change, by: words, note: words })),
    agentList: agentList.map((agent) => ({ ...agent, id: words, address: `${words}.` })),
  })
  const requirements = report().requirements!.map((row) => ({
    ...row,
    id: words,
    title: words,
    service: words,
    needs: words,
    incidents: [words],
  }))
  return report({
    version: words,
    source: words,
    requirements,
    incidents: [incident],
    listed: [hop({ title: words })],
    inputs: [
      input({
        name: words,
        tap: words,
        sha256: words,
        format: words,
        quality: { ...WHOLE, readError: words },
        skipped: { [words]: 1 },
      }),
    ],
  })
}
