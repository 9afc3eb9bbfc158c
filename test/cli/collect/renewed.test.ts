import { existsSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Journal, journalEntries, NO_JOURNAL } from '../../../src/cli/collect/journal.ts'
import { isOfBefore, renewedJournal, renewedLedger } from '../../../src/cli/collect/renewed.ts'
import { Ledger } from '../../../src/incidents/ledger.ts'
import { connectionNumber } from '../../../src/model/connection.ts'
import type { Describe } from '../../../src/incidents/ledger.ts'
import type { EvidencePacket, Finding, Incident } from '../../../src/model/incident.ts'
import type { JournalEntry } from '../../../src/pipeline/live.ts'
import { folder } from '../../store/database.ts'
import { cut } from '../output/story.ts'

/** The number of a connection in formats 1 and 2. */
const old = (stream: number, tap: number): number => stream * 65_536 + tap
const LATE = 3_000_000_000

const entry = (its: object): JournalEntry => its as JournalEntry
const OLD = [
  { kind: 'tick', time: 1 },
  { kind: 'connection-opened', connection: old(7, 0) },
  { kind: 'continuation', connection: old(LATE, 65_535), previous: old(0, 2) },
  { kind: 'connection-closed', connection: old(8, 1), summary: { connection: old(8, 1), stream: 8 } },
  { kind: 'dns-answer', connection: null },
  { kind: 'capture-blind', time: 5 },
].map(entry)
const NEW = [
  { kind: 'tick', time: 1 },
  { kind: 'connection-opened', connection: 7 },
  { kind: 'continuation', connection: connectionNumber(LATE, 65_535), previous: connectionNumber(0, 2) },
  {
    kind: 'connection-closed',
    connection: connectionNumber(8, 1),
    summary: { connection: connectionNumber(8, 1), stream: 8 },
  },
  { kind: 'dns-answer', connection: null },
  { kind: 'capture-blind', time: 5 },
]

function written(base: string): ReturnType<Journal['write']> {
  const journal = new Journal(base, NO_JOURNAL)
  for (const one of OLD) journal.add(one)
  const end = journal.write()
  journal.close()
  return end
}

test('connections have the numbers of today, and the file of before stays for who goes back to it', () => {
  const base = join(folder(), 'j')
  const end = written(base)
  const again = renewedJournal(base, end, 2)!
  expect(again).toMatchObject({ generation: 1, entries: OLD.length })
  expect([...journalEntries(base, again)]).toEqual(NEW)
  expect([...journalEntries(base, end)]).toEqual(OLD)
})

test('a journal that is damaged is of no use, and left as it is', () => {
  const base = join(folder(), 'j')
  const end = written(base)
  truncateSync(`${base}.journal-0`, end.bytes - 1)
  expect(renewedJournal(base, end, 2)).toBeNull()
  expect(existsSync(`${base}.journal-0`)).toBe(true)
})

test('formats of before are told from those of today', () => {
  const parts = [
    ['journal', [1, 2, 3, 4, 5]],
    ['incidents', [1, 2, 3]],
    ['packets', [1]],
  ] as const
  const answers = parts.map(([part, formats]) => formats.map((format) => isOfBefore(part, format)))
  expect(answers).toEqual([[true, true, true, true, false], [true, true, false], [false]])
  expect(isOfBefore('journal', undefined)).toBe(false)
})

test('openings and handshakes of a journal say when their packets passed; nothing else changes', () => {
  const base = join(folder(), 'j')
  const journal = new Journal(base, NO_JOURNAL)
  const opening = { kind: 'opening', connection: 7, time: 3, packet: 2 }
  const hello = { kind: 'tls-handshake', connection: 7, time: 9, packet: 6, client: { packet: 4 } }
  for (const one of [...NEW, hello, { ...hello, client: null }, opening]) journal.add(entry(one))
  const end = journal.write()
  journal.close()
  const today = { ...hello, client: { packet: 4, time: 9 }, certificatesIn: null, packetTime: 9 }
  expect([...journalEntries(base, renewedJournal(base, end, 4)!)]).toEqual([
    ...NEW,
    today,
    { ...today, client: null },
    { ...opening, packetTime: 3 },
  ])
})

test('evidence of an account of before is of connections that nobody knows', () => {
  const { evidence } = cut()
  const [{ ends: _, ...before }] = evidence
  const its = new Ledger()
  its.add(cut({ evidence: [before as EvidencePacket] }))
  const restored = new Ledger()
  restored.load(renewedLedger(its.save(), 2))
  const [told] = [...restored.incidents(() => describe)]
  expect(told!.findings).toEqual([cut({ evidence: [evidence[0]] })])
})

const describe: Describe = () => ({ title: '', summary: '', remedy: '', filter: '', details: {} })

test('findings of an account of incidents have them too, packed ones as well, and can be amended', () => {
  const finding = (at: number, numberOf: typeof connectionNumber): Finding => ({
    ...cut(),
    at,
    connection: at === 5 ? null : numberOf(at, 1),
  })
  const ledger = (numberOf: typeof connectionNumber): Ledger => {
    const its = new Ledger()
    for (let at = 1; at <= 200; at++) its.add(finding(at, numberOf))
    return its
  }
  const restored = new Ledger()
  restored.load(renewedLedger(ledger(old).save(), 1))
  const told = (): { incident: Incident; findings: readonly Finding[] } =>
    [...restored.incidents(() => describe)][0]!
  expect(told().findings).toEqual(Array.from({ length: 200 }, (_, i) => finding(i + 1, connectionNumber)))
  restored.add({ ...finding(3, connectionNumber), amends: true, confidence: 0.123 })
  expect([told().incident.occurrences, told().findings[2]!.confidence]).toEqual([200, 0.123])
})
