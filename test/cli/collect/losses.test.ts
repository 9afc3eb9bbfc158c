import { expect, test } from 'vitest'
import { Losses } from '../../../src/cli/collect/losses.ts'
import type { Finding } from '../../../src/model/incident.ts'
import { sentenceOf } from '../../../src/store/sentence.ts'

const finding = (begun: number, at: number): Finding =>
  ({
    type: 'severed-idle',
    at,
    service: 'dlp',
    agent: { id: '10.0.0.5', address: '10.0.0.5' },
    server: null,
    actor: { role: 'firewall', address: '10.0.0.1', confidence: 1 },
    manner: 'silent',
    details: { silenceSeconds: 300 },
    evidence: [{ tap: '', packet: 1, at: begun, note: 'the last packet before the silence' }],
  }) as unknown as Finding

test('what was lost while a silence lasted is named with it', () => {
  const losses = new Losses()
  losses.note(100, 0)
  losses.note(200, 7)
  losses.note(300, 7)
  losses.note(400, 10)
  expect([
    losses.within(0, 99),
    losses.within(150, 160),
    losses.within(201, 299),
    losses.within(0, 500),
  ]).toEqual([0, 7, 0, 10])
  const [within, after] = [finding(120, 180), finding(210, 290)].map((one) => losses.named(one))
  expect(within!.details).toEqual({ silenceSeconds: 300, lostMeanwhile: 7 })
  expect(sentenceOf(within!)).toMatch(/\. Meanwhile 7 packets or records were lost\.$/)
  expect(after).toEqual(finding(210, 290))
  expect(sentenceOf(after!)).not.toContain('Meanwhile')
})

test('of very many losses none is forgotten', () => {
  const losses = new Losses()
  for (let n = 1; n <= 5000; n++) losses.note(n, n)
  expect(losses.within(0, 5000)).toBe(5000)
})

test('where a whole connection may be lost, the time is blind, from before the loss was told', () => {
  const losses = new Losses()
  const second = 1e6
  losses.note(-Infinity, 0)
  losses.note(100 * second, 6)
  expect(losses.takeBlindTime()).toEqual({ start: 97 * second, end: 100 * second })
  expect(losses.takeBlindTime()).toBeNull()
  losses.note(200 * second, 11)
  expect(losses.takeBlindTime()).toBeNull()
  losses.note(201 * second, 12)
  losses.note(202 * second, 18)
  expect(losses.takeBlindTime()).toEqual({ start: 197 * second, end: 202 * second })
  // Before any packet, there is nothing to be missing.
  const early = new Losses()
  early.note(-Infinity, 50)
  expect(early.takeBlindTime()).toBeNull()
})
