import { readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { gunzipSync } from 'node:zlib'
import { Visitor } from 'oxc-parser'
import { expect, test } from 'vitest'
import { type Checkpoint, FORMATS } from '../../../src/cli/collect/checkpoint-parts.ts'
import {
  FILE_FORMAT,
  dropCheckpoints,
  readCheckpoint,
  writeCheckpoint,
} from '../../../src/cli/collect/checkpoint.ts'
import { NO_JOURNAL } from '../../../src/cli/collect/journal.ts'
import { readDeployment } from '../../../src/cli/config/load.ts'
import { EMPTY_DEPLOYMENT } from '../../../src/model/deployment.ts'
import { LiveAnalysis, type SavedAnalysis } from '../../../src/pipeline/live.ts'
import { batchesOf, exporter, type Told } from '../../connections/flows/records.ts'
import { framesOf, readerOf } from '../../pipeline/reader.ts'
import { sourcesUnder } from '../../source-tree.ts'
import { folder } from '../../store/database.ts'

const checkpoint = (at: number): Checkpoint => ({
  analysis: {
    run: { of: 'packets', connections: null, passing: at },
    ledger: { cases: [], unfiled: 0 },
    connections: at,
  },
  journal: NO_JOURNAL,
  collection: 1,
  reader: { number: 1, interfaces: [], position: null },
  day: null,
  at,
})

/** What `checkpoint` makes is in the latest formats. */
const WRITTEN = { packets: 3, passing: 3, incidents: 3, journal: 5 }

const base = (): string => join(folder(), 'c')

test('the latest that is whole; damaged, the one before; of another format, none, and why', () => {
  const path = base()
  expect(readCheckpoint(path)).toBeNull()
  writeCheckpoint(path, checkpoint(1))
  writeCheckpoint(path, checkpoint(2))
  expect(readCheckpoint(path)).toEqual({ found: checkpoint(2), lost: [], formats: WRITTEN })
  const whole = readFileSync(`${path}.checkpoint`)
  const octets = Buffer.from(whole)
  octets[octets.length - 1]! ^= 1
  writeFileSync(`${path}.checkpoint`, octets)
  expect(readCheckpoint(path)).toEqual({ found: checkpoint(1), lost: [], formats: WRITTEN })
  writeFileSync(`${path}.checkpoint`, whole)
  for (const file of ['checkpoint', 'checkpoint-before']) {
    const its = readFileSync(`${path}.${file}`)
    its.writeUInt32LE(FILE_FORMAT + 1, 4)
    writeFileSync(`${path}.${file}`, its)
  }
  expect(readCheckpoint(path)).toEqual({
    refused: `${path}.checkpoint is of another version of Holdfast (format ${FILE_FORMAT + 1}, this one has ${FILE_FORMAT})`,
    reader: { number: 1, interfaces: [], position: null },
    journal: NO_JOURNAL,
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

/** With the body changed, and its digest. */
function rewritten(octets: Buffer, change: (body: Buffer) => Buffer): Buffer {
  const body = change(octets.subarray(40))
  const head = Buffer.from(octets.subarray(0, 40))
  createHash('sha256').update(body).digest().copy(head, 8)
  return Buffer.concat([head, body])
}

test('parts of other formats are left out, and named', () => {
  const path = base()
  writeCheckpoint(path, checkpoint(7))
  const left = (parts: readonly string[]): unknown => {
    const octets = readFileSync(`${path}.checkpoint`)
    const other = rewritten(octets, (body) => {
      const its = deserialize(body) as { formats: Record<string, number> }
      for (const part of parts) its.formats[part] = 99
      return serialize(its)
    })
    writeFileSync(`${path}.checkpoint`, other)
    const read = readCheckpoint(path)
    writeFileSync(`${path}.checkpoint`, octets)
    return read
  }
  const { analysis, ...its } = checkpoint(7)
  expect(left(['passing'])).toEqual({
    found: { ...its, analysis: { ...analysis, run: { ...analysis.run, passing: null } } },
    lost: ['passing'],
    formats: { ...WRITTEN, passing: 99 },
  })
  expect(left(['incidents', 'journal'])).toEqual({
    found: { ...its, analysis: { ...analysis, ledger: null } },
    lost: ['incidents', 'journal'],
    formats: { ...WRITTEN, incidents: 99, journal: 99 },
  })
  expect(left(['packets', 'journal'])).toMatchObject({ reader: { number: 1 }, journal: NO_JOURNAL })
})

test('what a newer engine wrote is refused, not an error', () => {
  const path = base()
  writeCheckpoint(path, checkpoint(1))
  // The second octet is the engine's format.
  const newer = rewritten(readFileSync(`${path}.checkpoint`), (body) => {
    const its = Buffer.from(body)
    its[1] = 0x7f
    return its
  })
  writeFileSync(`${path}.checkpoint`, newer)
  expect(readCheckpoint(path)).toEqual({
    refused: `${path}.checkpoint was written under a newer Node.js`,
    reader: null,
    journal: null,
  })
})

/** What findings hold in detail is each detector's own affair. */
const isFixed = (place: string): boolean => !place.includes('.details.')

const digestOf = (shapes: readonly unknown[]): string =>
  createHash('sha256')
    .update(
      [...new Set(shapes.flatMap((shape) => [...shapeOf(shape)]))].filter(isFixed).toSorted().join('\n'),
    )
    .digest('hex')
    .slice(0, 12)

const FRAMES = 250

/** What is saved at several moments: together, they hold all that there may be. */
function savedOf(file: string): SavedAnalysis[] {
  const frames = framesOf(gunzipSync(readFileSync(`fixtures/${file}.pcap.gz`)))
  const input = { tap: '', path: '', reader: readerOf(frames, { frames: FRAMES }), sha256: null }
  const analysis = new LiveAnalysis(input, {
    deployment: readDeployment(`fixtures/${file.split('/')[0]}/holdfast.yaml`),
    secrets: null,
    found: () => undefined,
    write: () => undefined,
  })
  const saved: SavedAnalysis[] = []
  for (let at = 0; at < frames.length; at += FRAMES) {
    void analysis.packets!.read()
    analysis.process()
    // The columns in it are the live ones, and change.
    saved.push(structuredClone(analysis.save()))
  }
  return saved
}

function flowsSaved(): SavedAnalysis[] {
  const exporters = [exporter(0)]
  const its: Told = { tuple: '10.0.0.5:40000>10.0.0.2:443', from: 1, flags: 'SAP', packets: 3, octets: 900 }
  const back: Told = { ...its, tuple: '10.0.0.2:443>10.0.0.5:40000' }
  const later: Told = { ...its, from: 1000, to: 1001, outer: '203.0.113.5:40000' }
  return batchesOf([its, back, later, { ...back, from: 1000, flags: 'R' }], exporters, 1).map((_, n, all) => {
    const input = {
      tap: '',
      path: '',
      exporters,
      addresses: all[0]!.addresses,
      lagMax: 60_000_000,
      allTraffic: true,
      counts: () => ({ messages: 0, octets: 0, dropped: 0 }),
      skipped: () => ({}),
    }
    const analysis = new LiveAnalysis(input, {
      deployment: EMPTY_DEPLOYMENT,
      secrets: null,
      found: () => undefined,
      write: () => undefined,
    })
    for (const batch of all.slice(0, n + 1)) analysis.take(batch)
    return structuredClone(analysis.save())
  })
}

test('what is saved has the shapes of its formats: if this fails, see FORMATS', () => {
  const saved = ['severed-by-load-balancer/client', 'half-open/server'].flatMap(savedOf)
  const shapes = {
    packets: digestOf(saved.map(({ run }) => run.connections)),
    flows: digestOf(flowsSaved().map(({ run }) => run.connections)),
    passing: digestOf(saved.map(({ run }) => run.passing)),
    incidents: digestOf(saved.map(({ ledger }) => ledger)),
    journal: observationShape(),
  }
  const formats = Object.fromEntries(Object.entries(FORMATS).map(([part, read]) => [part, read.at(-1)!]))
  expect({ formats, shapes }).toEqual({
    formats: { packets: 3, flows: 1, passing: 3, incidents: 3, journal: 5 },
    shapes: {
      packets: '9a9036ca93c8',
      flows: '029d025dc09e',
      passing: '5bd3bc7c3a0b',
      incidents: '6d745ab0cecc',
      journal: '82d7d67e7a08',
    },
  })
})

/** What observations are made of: the text of all types from which they are, without comments. */
function observationShape(): string {
  const types = declaredTypes()
  const reached = new Set(['Observation'])
  for (const name of reached)
    for (const word of types.get(name)!.match(/\b[A-Z]\w+/g) ?? []) if (types.has(word)) reached.add(word)
  const texts = [...reached].toSorted().map((name) => types.get(name)!.replaceAll(/\s+/g, ' '))
  return createHash('sha256').update(texts.join('\n')).digest('hex').slice(0, 12)
}

/** Of the vocabulary, by name. */
function declaredTypes(): Map<string, string> {
  const found = new Map<string, string>()
  for (const { code, program } of sourcesUnder('src/model')) {
    const note = ({ id, start, end }: { id: { name: string }; start: number; end: number }): void =>
      void found.set(id.name, code.slice(start, end))
    new Visitor({ TSInterfaceDeclaration: note, TSTypeAliasDeclaration: note }).visit(program)
  }
  return found
}
