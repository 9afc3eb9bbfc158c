import { expect, test } from 'vitest'
import { Standing } from '../../src/detectors/standing.ts'
import { Ledger } from '../../src/incidents/ledger.ts'
import type { Finding } from '../../src/model/incident.ts'

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
    evidence: [],
  }) as unknown as Finding

const words = (): never => ({ title: 'T', summary: 'S.', remedy: '', filter: '', details: {} }) as never
/** What the ledger makes of what is raised: incident, occurrences, and what each says. */
function watched(): { standing: Standing; ids: (string | null)[]; told: () => unknown[] } {
  const ledger = new Ledger()
  const ids: (string | null)[] = []
  const standing = new Standing((one) => void ids.push(ledger.add(one)))
  const told = (): unknown[] =>
    [...ledger.incidents(() => words)].map(
      ({ incident: { id, title, severity, occurrences }, findings }) => ({
        incident: `${id} ${severity} ${title} ${occurrences}`,
        findings: findings.map(({ at, details }) => [at, details['sample']]),
      }),
    )
  return { standing, ids, told }
}

test('one finding for each cause, which says more as more is known; a new sample is another one', () => {
  const { standing, ids, told } = watched()
  standing.tell(finding('a', 30, 64), 1e-4)
  standing.tell(finding('b', 40, 64), 1e-4)
  standing.tell(finding('a', 90, 128), 1e-5)
  expect(ids).toEqual(['I1', 'I2', 'I1'])
  standing.forget('a')
  standing.tell(finding('a', 200, 64), 1e-4)
  expect(told()).toEqual([
    {
      incident: 'I1 warning T 2',
      findings: [
        [30, 128],
        [200, 64],
      ],
    },
    { incident: 'I2 warning T 1', findings: [[40, 64]] },
  ])
})

test('a larger sample that does not bear it out takes it back, once', () => {
  const { standing, ids, told } = watched()
  standing.contradict('a')
  standing.tell(finding('a', 30, 64), 1e-4)
  standing.contradict('a')
  standing.contradict('a')
  expect(ids).toEqual(['I1', 'I1'])
  expect(told()).toEqual([{ incident: 'I1 info Taken back: T 1', findings: [[30, 64]] }])
  // ... and a still larger one may bear it out after all.
  standing.tell(finding('a', 90, 256), 1e-5)
  expect(told()).toEqual([{ incident: 'I1 warning T 1', findings: [[30, 256]] }])
})

test('what chance does not explain was so, whatever comes later', () => {
  const { standing, told } = watched()
  standing.tell(finding('a', 30, 64), 1e-7)
  standing.contradict('a')
  expect(told()).toEqual([{ incident: 'I1 warning T 1', findings: [[30, 64]] }])
})

test('of several findings those that hold are told', () => {
  const { standing, told } = watched()
  standing.tell(finding('a', 30, 64), 1e-4)
  standing.contradict('a')
  standing.forget('a')
  standing.tell(finding('a', 200, 64), 1e-4)
  expect(told()).toEqual([{ incident: 'I1 warning T 2', findings: [[200, 64]] }])
})
