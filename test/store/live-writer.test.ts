import { expect, test } from 'vitest'
import type { Finding } from '../../src/model/incident.ts'
import type { IncidentRecord } from '../../src/model/record.ts'
import { beginCollection } from '../../src/store/live.ts'
import { liveWriter } from '../../src/store/live-writer.ts'
import { prepared } from '../../src/store/store.ts'
import { cut, severedIdle } from '../cli/output/story.ts'
import { database, NOW } from './database.ts'

test('what is taken back is over, and goes on if it is borne out after all', () => {
  const store = database()
  const facts = { collector: 'c', name: 'eth0', tap: 'client', at: NOW, config: null }
  let incident: IncidentRecord = severedIdle
  const writer = liveWriter(store, beginCollection(store, facts), {
    now: () => NOW,
    incident: () => incident,
    packet: () => null,
  })
  const told = (more: Partial<Finding>, record: Partial<IncidentRecord>): unknown => {
    incident = { ...severedIdle, ...record }
    writer.found(cut(more), 'I1')
    writer.flush()
    const row = prepared(store, 'SELECT state, severity, title FROM incident').all()
    const occurrences = prepared(store, 'SELECT severity FROM occurrence').all()
    const notes = prepared<{ note: string }>(store, 'SELECT note FROM incident_history').all()
    return { row, occurrences, notes: notes.map(({ note }) => note) }
  }
  expect(told({}, { title: 'T' })).toEqual({
    row: [{ state: 'open', severity: 3, title: 'T' }],
    occurrences: [{ severity: 3 }],
    notes: [],
  })
  const back = { amends: true, withdrawn: true, severity: 'info' } as const
  const note = 'More observations do not bear it out: chance explains it.'
  const over = {
    row: [{ state: 'resolved', severity: 1, title: 'Taken back: T' }],
    occurrences: [{ severity: 1 }],
    notes: [note],
  }
  const record = { title: 'Taken back: T', severity: 'info', withdrawn: true } as const
  expect(told(back, record)).toEqual(over)
  // Told again, it changes nothing.
  expect(told(back, record)).toEqual(over)
  expect(told({ amends: true }, { title: 'T' })).toEqual({
    row: [{ state: 'reopened', severity: 3, title: 'T' }],
    occurrences: [{ severity: 3 }],
    notes: [note, 'It is borne out after all.'],
  })
})
