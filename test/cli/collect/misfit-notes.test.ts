import { expect, test } from 'vitest'
import { misfitNotes } from '../../../src/cli/collect/misfit-notes.ts'
import { SECOND } from '../../../src/model/time.ts'

test('services that nobody came to are told once, a quarter of an hour after the first packet', () => {
  const said: string[] = []
  const unseen = ['Of the configuration, nothing was seen of sepm (port 8014).']
  const misfits = { closed: () => undefined, unseen: () => unseen, sentences: () => ['None of 3 requests.'] }
  const notes = misfitNotes(misfits, (sentence) => said.push(sentence))
  const start = 1_700_000_000 * SECOND
  for (const after of [0, 899]) notes.timeIs(start + after * SECOND)
  expect(said).toEqual([])
  for (const after of [901, 2000]) notes.timeIs(start + after * SECOND)
  expect(said).toEqual([`after 15 min: ${unseen[0]}`])
  notes.ended()
  expect(said.slice(1)).toEqual(['None of 3 requests.'])
})

test('what is told at the end is not told again', () => {
  const said: string[] = []
  const misfits = { closed: () => undefined, unseen: () => ['Nothing.'], sentences: () => ['Nothing.'] }
  const notes = misfitNotes(misfits, (sentence) => said.push(sentence))
  notes.timeIs(0)
  notes.ended()
  notes.timeIs(901 * SECOND)
  expect(said).toEqual(['Nothing.'])
})
