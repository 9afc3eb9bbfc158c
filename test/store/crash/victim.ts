/**
 * A process that stores one analysis after the other until it is killed, and tells on standard output what
 * it has been promised. It begins with what its predecessor left undone. After `last` analyses it ends.
 */
import { writeSync } from 'node:fs'
import {
  addAnalysis,
  beginAnalysis,
  deleteAnalysis,
  endAnalysis,
  interruptedAnalyses,
  nextQueued,
} from '../../../src/store/analyses.ts'
import { analysisWriter } from '../../../src/store/analysis-writer.ts'
import { addCapture } from '../../../src/store/captures.ts'
import { evidenceWanted, keepPackets } from '../../../src/store/evidence.ts'
import { openStore } from '../../../src/store/store.ts'
import { writerThread } from '../../../src/store/writer-thread.ts'
import { recordsOf } from './records.ts'

const [path = '', mode = '', last = '0'] = process.argv.slice(2)
const store = openStore(path)
const clock = (): number => Date.now() * 1000
const say = (...words: (string | number)[]): void => void writeSync(1, `${words.join(' ')}\n`)

async function perform(id: number): Promise<void> {
  const job = beginAnalysis(store, id, clock())!
  const writer = mode === 'thread' ? writerThread(path, id) : analysisWriter(store, id, { now: clock })
  for (const record of recordsOf(job.inputs[0]!.capture)) writer.write(record)
  await Promise.resolve(writer.finish())
  prove(id)
}

function prove(id: number): void {
  for (const { capture, numbers } of evidenceWanted(store, id)) {
    const packet = { time: 1, nanoseconds: 0, linkType: 1, wireLength: 60, segment: null }
    const packets = numbers.map((number) => ({ ...packet, number, bytes: new Uint8Array(60).fill(number) }))
    keepPackets(store, id, capture, packets)
  }
  endAnalysis(store, id, { state: 'done', error: null, summary: null, at: clock() })
  say('done', id)
}

say('ready')
for (const { id, isPublished } of interruptedAnalyses(store)) {
  if (isPublished) prove(id)
  else await perform(id)
}
for (;;) {
  const waiting = nextQueued(store)
  if (waiting === null) {
    const count = store.db.prepare('SELECT count(*) FROM capture').pluck().get() as number
    if (count >= Number(last)) break
    const sha256 = `${count}`.padStart(64, '0')
    const { id } = addCapture(store, { sha256, name: sha256, size: 1, stored: sha256, at: clock() })
    say('capture', id)
    say('queued', addAnalysis(store, { inputs: [{ capture: id, tap: '' }], config: null, at: clock() }))
    continue
  }
  await perform(waiting)
  // Now and then an older one is taken away again.
  if (waiting % 4 !== 0) continue
  say('deleting', waiting - 2)
  deleteAnalysis(store, waiting - 2)
  say('deleted', waiting - 2)
}
say('over')
store.close()
