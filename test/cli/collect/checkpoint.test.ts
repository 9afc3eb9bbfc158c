import { readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import {
  type Checkpoint,
  CHECKPOINT_FORMAT,
  dropCheckpoints,
  readCheckpoint,
  writeCheckpoint,
} from '../../../src/cli/collect/checkpoint.ts'
import { NO_JOURNAL } from '../../../src/cli/collect/journal.ts'
import { EMPTY_DEPLOYMENT } from '../../../src/model/deployment.ts'
import { LiveAnalysis } from '../../../src/pipeline/live.ts'
import { framesOf, readerOf } from '../../pipeline/reader.ts'
import { folder } from '../../store/database.ts'

const checkpoint = (at: number): Checkpoint => ({
  analysis: { run: { faces: [], state: null }, ledger: { cases: [], unfiled: 0 }, connections: at },
  journal: NO_JOURNAL,
  collection: 1,
  reader: { number: 1, interfaces: [], position: null },
  day: null,
  at,
})

const base = (): string => join(folder(), 'c')

test('the latest that is whole; damaged, the one before; of another format, none, and why', () => {
  const path = base()
  expect(readCheckpoint(path)).toBeNull()
  writeCheckpoint(path, checkpoint(1))
  writeCheckpoint(path, checkpoint(2))
  expect(readCheckpoint(path)).toEqual({ found: checkpoint(2) })
  const whole = readFileSync(`${path}.checkpoint`)
  const octets = Buffer.from(whole)
  octets[octets.length - 1]! ^= 1
  writeFileSync(`${path}.checkpoint`, octets)
  expect(readCheckpoint(path)).toEqual({ found: checkpoint(1) })
  writeFileSync(`${path}.checkpoint`, whole)
  for (const file of ['checkpoint', 'checkpoint-before']) {
    const its = readFileSync(`${path}.${file}`)
    its.writeUInt32LE(CHECKPOINT_FORMAT + 1, 4)
    writeFileSync(`${path}.${file}`, its)
  }
  expect(readCheckpoint(path)).toEqual({
    refused: `${path}.checkpoint is of another version of Holdfast (format ${CHECKPOINT_FORMAT + 1}, this one has ${CHECKPOINT_FORMAT})`,
    reader: { number: 1, interfaces: [], position: null },
  })
  dropCheckpoints(path)
  expect(readCheckpoint(path)).toBeNull()
})

/** Names of all fields, by where they stand. */
function shapeOf(value: unknown, at = '', into = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null) return into
  if (ArrayBuffer.isView(value)) return into.add(`${at} ${value.constructor.name}`)
  if (Array.isArray(value) || value instanceof Set) {
    for (const entry of value) shapeOf(entry, `${at}[]`, into)
    return into
  }
  if (value instanceof Map) {
    for (const entry of value.values()) shapeOf(entry, `${at}{}`, into)
    return into
  }
  const seen = at.split('.')
  for (const [key, field] of Object.entries(value)) {
    into.add(`${at}.${key}`)
    // What refers back is told where it stands first.
    if (!seen.includes(key)) shapeOf(field, `${at}.${key}`, into)
  }
  return into
}

test('what is saved has the shape of its format: if this fails, count CHECKPOINT_FORMAT up', () => {
  const file = gunzipSync(readFileSync('fixtures/severed-by-load-balancer/client.pcap.gz'))
  const frames = framesOf(file).slice(0, 600)
  const analysis = new LiveAnalysis(
    { tap: '', path: '', reader: readerOf(frames), sha256: null },
    { deployment: EMPTY_DEPLOYMENT, secrets: null, found: () => undefined, write: () => undefined },
  )
  void analysis.packets!.read()
  analysis.process()
  const shape = [...shapeOf(analysis.save())].toSorted()
  const digest = createHash('sha256').update(shape.join('\n')).digest('hex').slice(0, 12)
  expect({ format: CHECKPOINT_FORMAT, shape: digest }).toEqual({ format: 3, shape: 'a8101f15eb42' })
})
