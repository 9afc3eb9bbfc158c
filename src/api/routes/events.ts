/** `/events`: what happens, as it happens (server-sent events, WHATWG HTML §9.2). */
import { describe } from '../describing.ts'
import type { Routes } from '../environment.ts'
import { eventQuery, query } from '../parameters.ts'
import { RequestProblem } from '../problem.ts'

const EVENT_STREAM = 'text/event-stream'

export const events: Routes = (app, { hub }) => {
  app.get(
    '/events',
    describe({
      tag: 'live',
      summary: 'New and changed incidents, occurrences, analyses and captures',
      description:
        'Server-sent events: `incident`, `occurrence`, `analysis`, `capture`, `heartbeat` and `lost`. ' +
        '`Last-Event-ID` or `after` resumes; `lost` tells that the lists have to be loaded again. ' +
        'What has gone is null, beside its `id`.',
      answer: EVENT_STREAM,
      problems: [503],
    }),
    query(eventQuery),
    (c) => {
      c.header('Content-Type', EVENT_STREAM)
      c.header('Cache-Control', 'no-store')
      c.header('X-Accel-Buffering', 'no') // or a proxy would hold events back
      if (c.req.method === 'HEAD') return c.body(null)
      const after = lastEventOf(c.req.header('last-event-id')) ?? c.req.valid('query').after ?? null
      const stream = hub.open(after, c.get('asker').holds)
      if (stream === null) throw new RequestProblem(503, 'Too many event streams are open.')
      return c.body(stream.body)
    },
  )
}

function lastEventOf(header: string | undefined): number | null {
  if (header === undefined || header === '') return null
  if (!/^\d{1,15}$/.test(header))
    throw new RequestProblem(400, 'Last-Event-ID is not one that this server gave out.', 'Last-Event-ID')
  return Number(header)
}
