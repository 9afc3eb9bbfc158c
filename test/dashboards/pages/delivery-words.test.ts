import { expect, test } from 'vitest'
import { deliveryHeadline, fareOf } from '../../../dashboards/pages/delivery-words.ts'
import type { AlertOutputRow } from '../../../src/api/contract.ts'

const output = (name: string, changes: Partial<AlertOutputRow> = {}): AlertOutputRow => ({
  name,
  type: 'webhook',
  target: '',
  waiting: 0,
  dead: 0,
  delivered: { state: 'delivered' } as never,
  failed: null,
  ...changes,
})
const late = { waiting: 2, failed: { state: 'waiting' } as never }

test.each<[string, AlertOutputRow[]]>([
  ['Alerts are sent nowhere yet.', []],
  ['The one output delivers.', [output('ops')]],
  ['All 2 outputs deliver.', [output('ops'), output('mail')]],
  ['mail does not answer; alerts wait.', [output('ops'), output('mail', late)]],
  [
    '3 alerts could not be delivered to ops and chat.',
    [output('ops', { dead: 2 }), output('mail', late), output('chat', { dead: 1 })],
  ],
])('%s', (sentence, outputs) => {
  // Numbers stand before a space that does not break.
  expect(deliveryHeadline(outputs).replaceAll(/\s/g, ' ')).toBe(sentence)
})

test('an output without any delivery is neither well nor ill', () => {
  expect(fareOf(output('ops', { delivered: null }))).toBe('unused')
  expect(fareOf(output('ops', { delivered: null, waiting: 1 }))).toBe('well')
})
