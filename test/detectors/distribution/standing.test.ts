import { expect, test } from 'vitest'
import { Standing } from '../../../src/detectors/distribution/standing.ts'
import { Ledger } from '../../../src/incidents/ledger.ts'
import type { Finding } from '../../../src/model/incident.ts'

const finding = (cause: string, at: number, sample: number): Finding =>
  ({
    type: 'round-robin',
    severity: 'warning',
    cause,
    at,
    tap: 'server',
    connection: null,
    agent: null,
    actor: { role: 'middlebox', address: null, confidence: 0.8 },
    requirements: [],
    confidence: 0.9,
    details: { sample },
  }) as unknown as Finding

test('one finding for each cause, which says more as more is known; a new sample is another one', () => {
  const ledger = new Ledger()
  const ids: (string | null)[] = []
  const standing = new Standing((one) => void ids.push(ledger.add(one)))
  standing.tell(finding('a', 30, 64))
  standing.tell(finding('b', 40, 64))
  standing.tell(finding('a', 90, 128))
  expect(ids).toEqual(['I1', 'I2', 'I1'])
  standing.forget('a')
  standing.tell(finding('a', 200, 64))
  const words = (): never => ({ title: '', summary: '', remedy: '', filter: '', details: {} }) as never
  const told = [...ledger.incidents(() => words)].map(({ incident, findings }) => [
    incident.id,
    incident.occurrences,
    findings.map(({ at, details }) => [at, details['sample']]),
  ])
  expect(told).toEqual([
    [
      'I1',
      2,
      [
        [30, 128],
        [200, 64],
      ],
    ],
    ['I2', 1, [[40, 64]]],
  ])
})
