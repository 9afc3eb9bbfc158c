import { describe, expect, test } from 'vitest'
import { changesAfter, lastChange } from '../../src/store/changes.ts'
import { changeState, NOTE_CHARACTERS_MAX } from '../../src/store/incidents.ts'
import { cut, severedIdle } from '../cli/output/story.ts'
import { all, analysed, database, found, NOW, one } from './database.ts'

const history = 'SELECT state, who, note, at FROM incident_history ORDER BY id'

test('people move an incident through its life', () => {
  const store = database()
  analysed(store, ['a'], found([cut()]))
  const before = lastChange(store)
  const by = { by: 'ada', at: NOW + 1 }
  expect(changeState(store, 1, { ...by, state: 'acknowledged', note: 'Ticket 7.' })).toBe('acknowledged')
  expect(changeState(store, 1, { ...by, state: 'open', note: '' })).toBe('open')
  expect(changeState(store, 1, { ...by, state: 'resolved', note: 'x'.repeat(NOTE_CHARACTERS_MAX + 1) })).toBe(
    'resolved',
  )
  expect(changeState(store, 1, { ...by, by: 'bob', state: 'open', note: 'Not so.' })).toBe('reopened')
  expect(changeState(store, 2, { ...by, state: 'open', note: '' })).toBe(null)
  const line = { who: 'ada', at: NOW + 1 }
  expect(all(store, history)).toEqual([
    { ...line, state: 'acknowledged', note: 'Ticket 7.' },
    { ...line, state: 'open', note: '' },
    { ...line, state: 'resolved', note: 'x'.repeat(NOTE_CHARACTERS_MAX) },
    { ...line, state: 'reopened', note: 'Not so.', who: 'bob' },
  ])
  expect(all(store, 'SELECT state, changed FROM incident')).toEqual([{ state: 'reopened', changed: NOW + 1 }])
  expect(
    changesAfter(store, before, 10).map(({ kind, subject, isNew }) => ({ kind, subject, isNew })),
  ).toEqual(Array.from({ length: 4 }, () => ({ kind: 'incident', subject: 1, isNew: false })))
  expect(one(store, "SELECT rowid FROM incident_text WHERE incident_text MATCH 'notes : ticket'")).toBe(1)
})

describe('traffic', () => {
  const resolved = (at: number) => {
    const store = database()
    analysed(store, ['a'], found([cut()]))
    changeState(store, 1, { state: 'resolved', by: 'ada', note: 'Timer raised.', at })
    return store
  }

  test('that comes after the resolution reopens it', () => {
    const store = resolved(cut().at + 10)
    analysed(store, ['b'], found([cut({ at: cut().at + 11 })]))
    expect(all(store, 'SELECT state, occurrences FROM incident')).toEqual([
      { state: 'reopened', occurrences: 2 },
    ])
    expect(all(store, history)).toEqual([
      { state: 'resolved', who: 'ada', note: 'Timer raised.', at: cut().at + 10 },
      { state: 'reopened', who: 'holdfast', note: 'It happened again.', at: NOW },
    ])
  })

  test('of before it does not', () => {
    const store = resolved(NOW)
    analysed(store, ['b'], found([cut({ at: cut().at + 11 })]))
    expect(all(store, 'SELECT state, occurrences FROM incident')).toEqual([
      { state: 'resolved', occurrences: 2 },
    ])
    expect(all(store, history)).toHaveLength(1)
  })
})

test('a stored incident is what all analyses say of it', () => {
  const store = database()
  const early = cut({ at: cut().at - 100 })
  const weak = { ...severedIdle.actor, address: null, confidence: 0.2 }
  analysed(
    store,
    ['b'],
    found([cut()], { title: 'late', confidence: 0.5, actor: weak, requirements: ['S0-15'] }),
  )
  analysed(
    store,
    ['a'],
    found([early], { title: 'early', severity: 'info', confidence: 0.9, requirements: ['S0-04'] }),
  )
  const row = `SELECT title, severity, confidence, actor_address, actor_confidence, requirements, start, "end",
    occurrences, agents FROM incident`
  expect(all(store, row)).toEqual([
    {
      title: 'late',
      severity: 3,
      confidence: 0.9,
      requirements: '["S0-04","S0-15"]',
      actor_address: '10.10.2.10',
      actor_confidence: 0.93,
      start: early.at,
      end: cut().at,
      occurrences: 2,
      agents: 1,
    },
  ])
  expect(one(store, 'SELECT title FROM incident_text')).toBe('late')
  expect(one(store, 'SELECT summary FROM incident')).toMatch(/ So says the latest of 2 analyses; /)
})

test('words of one analysis alone need no explanation', () => {
  const store = database()
  analysed(store, ['a'], found([cut()]))
  expect(one(store, 'SELECT summary FROM incident')).toBe(severedIdle.summary)
})

test('another cause or another type is another incident', () => {
  const store = database()
  analysed(
    store,
    ['a'],
    [
      ...found([cut()]),
      ...found([cut({ cause: 'another' })], { id: 'I2' }),
      ...found([cut({ type: 'server-idle-close' })], { id: 'I3' }),
    ],
  )
  expect(all(store, 'SELECT type, cause, occurrences FROM incident')).toHaveLength(3)
})
