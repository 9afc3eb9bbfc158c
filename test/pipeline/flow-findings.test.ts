import { describe, expect, test } from 'vitest'
import type { EvidencePacket, Finding } from '../../src/model/incident.ts'
import { recordReference } from '../../src/model/record-reference.ts'
import { asShown, suggestedText } from '../../src/pipeline/flow-findings.ts'

const PROVED = { can: 'prove', lack: null } as const
const SUGGESTED = { can: 'suggest', lack: 'sequence numbers' } as const
const UNSEEN = { can: 'not-show', lack: 'cookies' } as const

const by = (packet: number): EvidencePacket => ({ tap: 'edge', packet, at: 0, ends: null, note: 'the end' })
const found = (...packets: readonly number[]): Finding =>
  ({
    severity: 'critical',
    confidence: 0.9,
    actor: { role: 'firewall', address: null, confidence: 0.8 },
    evidence: packets.map(by),
  }) as never
const nameOf = (tap: string, exporter: number): string => `${tap}-${exporter}`
const RECORD = recordReference(7, 2, 3)

describe('a finding that rests on flow records', () => {
  test('names the record and who exported it', () => {
    expect(asShown(found(RECORD), PROVED, nameOf)).toMatchObject({
      severity: 'critical',
      confidence: 0.9,
      evidence: [{ packet: 7, record: 2, exporter: 'edge-3', note: 'the end (record 2 of exporter edge-3)' }],
    })
  })

  test('is a suspicion where they only suggest it', () => {
    const shown = asShown(found(RECORD), SUGGESTED, () => null)
    expect(shown).toMatchObject({ severity: 'warning', confidence: 0.5, suggested: true })
    expect(shown!.actor.confidence).toBe(0.5)
    expect(shown!.evidence[0].note).toBe('the end (record 2)')
    expect(suggestedText(SUGGESTED)).toContain('they do not show sequence numbers')
  })

  test('is not raised where they cannot show it', () => {
    expect(asShown(found(RECORD, RECORD), UNSEEN, nameOf)).toBe(null)
  })

  test('stands as it is where a packet shows it as well, or nothing else', () => {
    const packets = found(12)
    expect(asShown(packets, UNSEEN, nameOf)).toBe(packets)
    expect(asShown(found(12, RECORD), UNSEEN, nameOf)).toMatchObject({
      confidence: 0.9,
      severity: 'critical',
    })
  })
})
