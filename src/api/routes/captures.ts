/** `/captures`: files of packets. An upload is the raw octets as the body of a PUT, streamed to where they
 * stay. */
import { captureRow, listCaptures } from '../../store/queries/captures.ts'
import { describe } from '../describing.ts'
import type { Routes } from '../environment.ts'
import { numberOf, pageOf, pageQuery, query, uploadQuery } from '../parameters.ts'
import { RequestProblem, found } from '../problem.ts'
import { captureRow as captureShape } from '../schemas/operation.ts'
import { page } from '../schemas/values.ts'
import { receiveUpload } from '../uploading.ts'

export const captures: Routes = (app, api) => {
  const { store, uploads } = api
  const open = { uploads: 0 }

  app.get(
    '/captures',
    describe({ tag: 'captures', summary: 'Captures, the latest first', answer: page(captureShape) }),
    query(pageQuery),
    (c) => c.json(listCaptures(store, pageOf(c.req.valid('query')))),
  )
  app.get(
    '/captures/:id',
    describe({ tag: 'captures', summary: 'One capture', answer: captureShape, problems: [404] }),
    (c) => c.json(found(captureRow(store, numberOf(c, 'capture')), 'capture')),
  )
  app.put(
    '/captures',
    describe({
      tag: 'captures',
      summary: 'Upload a capture',
      description: 'The octets as they are, of any size; answered once they are safe on the disk.',
      body: 'application/octet-stream',
      answer: captureShape,
      status: 201,
      also: { '200': 'The same octets are there already' },
      problems: [408, 413, 422, 503, 507],
    }),
    query(uploadQuery),
    async (c) => {
      if (open.uploads >= api.limits.uploads)
        throw new RequestProblem(503, 'Too many uploads at the same time; try again in a moment.')
      open.uploads++
      try {
        const { id, isNew } = await receiveUpload(c, api, c.req.valid('query').name)
        const row = found(captureRow(store, id), 'capture')
        return c.json(row, isNew ? 201 : 200, { Location: `/api/v1/captures/${id}` })
      } finally {
        open.uploads--
      }
    },
  )
  app.delete(
    '/captures/:id',
    describe({
      tag: 'captures',
      summary: 'Remove the octets of a capture; what was found in them stays',
      answer: '',
      status: 204,
      problems: [404, 409],
    }),
    async (c) => {
      await uploads.remove(numberOf(c, 'capture'))
      return c.body(null, 204)
    },
  )
}
