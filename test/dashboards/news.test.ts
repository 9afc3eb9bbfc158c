import { expect, test } from 'vitest'
import type { LiveEvent } from '../../src/api/contract.ts'
import { withNews } from '../../dashboards/parts/news.ts'

const ended = (id: number, state = 'done'): LiveEvent =>
  ({ kind: 'analysis', analysis: { id, state } }) as unknown as LiveEvent
const incident = { kind: 'incident' } as unknown as LiveEvent
type News = Parameters<typeof withNews>[0]
const NONE: News = { isNew: 0, changed: 0, ended: [] }
const after = (...events: LiveEvent[]): News =>
  events.reduce<News>(
    (news, event) => withNews(news, event, ({ kind }) => (kind === 'incident' ? 'isNew' : null)),
    NONE,
  )

test('an analysis that is told of twice is one', () => {
  expect(after(ended(1), ended(1), ended(2)).ended).toEqual([1, 2])
})

test('one that goes on, or failed, is no news; what a page asks for is counted', () => {
  expect(after(ended(1, 'running'), ended(2, 'failed'), incident, incident)).toEqual({ ...NONE, isNew: 2 })
})
