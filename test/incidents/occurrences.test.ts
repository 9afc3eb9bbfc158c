import { expect, test } from 'vitest'
import { Occurrences } from '../../src/incidents/occurrences.ts'
import type { Finding } from '../../src/model/incident.ts'

const finding = (n: number): Finding => ({
  type: 'server-hop',
  severity: 'warning',
  at: n * 1e6 + 0.5,
  tap: 'core',
  agent: n % 3 === 0 ? null : { id: `N${n}`, address: null },
  server: { name: 's1', address: '10.0.0.1', port: 443 },
  service: 'dlp',
  connection: n,
  tuple: null,
  actor: { role: 'unknown', address: null, confidence: 0.5 },
  manner: null,
  confidence: 0.5,
  details: { nothing: undefined, forever: Infinity, list: [n, null] },
  evidence: [{ tap: 'core', packet: n, at: n, ends: null, note: `packet ${n}` }],
  cause: 'dlp',
  requirements: [],
})

const begun = (first: Finding): Occurrences =>
  new Occurrences({ first, count: 1, packed: [], latest: [first] })

test('however many, they come back as they were, in order', () => {
  const all = Array.from({ length: 1500 }, (_, n) => finding(n))
  const occurrences = begun(all[0]!)
  for (const one of all.slice(1)) occurrences.add(one)
  expect(occurrences.all()).toStrictEqual(all)
  expect(occurrences.count).toBe(1500)
  expect(occurrences.first).toBe(all[0])
})

test('the last gives way to a later one', () => {
  for (const many of [1, 2, 600]) {
    const all = Array.from({ length: many }, (_, n) => finding(n))
    const occurrences = begun(all[0]!)
    for (const one of all.slice(1)) occurrences.add(one)
    expect(occurrences.replaceLast(finding(9999))).toBe(all.at(-1))
    expect(occurrences.all()).toStrictEqual([...all.slice(0, -1), finding(9999)])
  }
})

test('one that says more takes the place of what it amends, wherever that is', () => {
  const all = Array.from({ length: 600 }, (_, n) => finding(n))
  const occurrences = begun(all[0]!)
  for (const one of all.slice(1)) occurrences.add(one)
  for (const n of [0, 70, 599]) {
    const more = { ...all[n]!, details: { more: n } }
    expect(occurrences.amend(more)).toStrictEqual(all[n])
    all[n] = more
  }
  expect(occurrences.amend({ ...finding(70), tap: 'other' })).toBeNull()
  expect(occurrences.all()).toStrictEqual(all)
  expect(new Occurrences(structuredClone(occurrences.save())).all()).toStrictEqual(all)
})
