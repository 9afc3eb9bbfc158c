import { expect, test } from 'vitest'
import { deleteAnalysis } from '../../src/store/analyses.ts'
import {
  addCapture,
  captureFile,
  captureOfHash,
  forgetCapture,
  keptCaptures,
} from '../../src/store/captures.ts'
import { changesAfter } from '../../src/store/changes.ts'
import { analysed, database, NOW } from './database.ts'

const capture = { sha256: 'ab', name: 'monday.pcap', size: 7, stored: 'ab.pcap', at: NOW }

test('the same octets are one capture', () => {
  const store = database()
  expect(addCapture(store, capture)).toEqual({ id: 1, isNew: true })
  expect(addCapture(store, { ...capture, name: 'again.pcap', stored: 'other.pcap' })).toEqual({
    id: 1,
    isNew: false,
  })
  const file = { id: 1, name: 'monday.pcap', stored: 'ab.pcap', size: 7, sha256: 'ab' }
  expect([captureFile(store, 1), captureOfHash(store, 'ab'), captureFile(store, 2)]).toEqual([
    file,
    file,
    null,
  ])
  expect(keptCaptures(store)).toEqual([file])
  expect(changesAfter(store, 0, 9).map(({ kind, isNew }) => [kind, isNew])).toEqual([['capture', true]])
})

test('those that nobody hashed are never the same', () => {
  const store = database()
  const stream = { ...capture, sha256: null, stored: null }
  expect([addCapture(store, stream), addCapture(store, stream)]).toEqual([
    { id: 1, isNew: true },
    { id: 2, isNew: true },
  ])
})

test('one that is forgotten stays as long as it is referred to, and can come back', () => {
  const store = database()
  const id = analysed(store, ['ab'], [])
  forgetCapture(store, 1, NOW)
  expect(captureFile(store, 1)).toMatchObject({ stored: null })
  expect(addCapture(store, { ...capture, stored: 'new.pcap' })).toEqual({ id: 1, isNew: true })
  expect(captureFile(store, 1)).toMatchObject({ stored: 'new.pcap', name: 'monday.pcap' })
  forgetCapture(store, 1, NOW)
  deleteAnalysis(store, id)
  expect(captureFile(store, 1)).toBe(null)
  addCapture(store, capture)
  forgetCapture(store, 2, NOW)
  forgetCapture(store, 77, NOW)
  expect(captureOfHash(store, 'ab')).toBe(null)
})
