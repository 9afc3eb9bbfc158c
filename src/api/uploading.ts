/** An upload on its way from the socket to the port that keeps it: nothing is held in memory beyond the
 * buffers of the streams, back-pressure reaches the client, and a client that goes away or dawdles is let
 * go. */
import type { Context } from 'hono'
import { Readable, Transform } from 'node:stream'
import type { ReadableStream as NodeReadableStream } from 'node:stream/web'
import type { Api, ApiEnv } from './environment.ts'
import { RequestProblem } from './problem.ts'

/** Octets between the socket and the disk. */
const BUFFER_BYTES = 1024 * 1024

/** Streams the body of a request to the uploads. Throws what they refuse, a 408, or a 400 if the client
 * went. */
export async function receiveUpload(
  c: Context<ApiEnv>,
  { uploads, limits, metrics }: Api,
  name: string,
): Promise<{ readonly id: number; readonly isNew: boolean }> {
  const announced = c.req.header('content-length')
  const length = announced === undefined ? null : Number(announced)
  const source = bodyOf(c)
  const gone = new AbortController()
  const received = { octets: 0, before: 0 }
  // between the two, because whoever gives up a stream destroys it: the socket is still needed for the answer
  const body = new Transform({
    highWaterMark: BUFFER_BYTES,
    transform(chunk: Buffer, _encoding, done) {
      received.octets += chunk.length
      done(null, chunk)
    },
  })
  body.on('error', () => undefined) // whoever reads it is told; without a listener it would end the process
  gone.signal.addEventListener('abort', () => body.destroy(gone.signal.reason as Error))
  source.once('error', () => gone.abort(brokenOff()))
  source.once('close', () => {
    if (!source.readableEnded) gone.abort(brokenOff())
  })
  const pace = setInterval(() => {
    const isClientsTurn = !source.readableEnded && source.readableLength === 0 && body.readableLength === 0
    if (isClientsTurn && received.octets - received.before < limits.uploadWindowBytes) gone.abort(tooSlow())
    received.before = received.octets
  }, limits.uploadWindowSeconds * 1000)
  try {
    return await uploads.receive(source.pipe(body), { name, length, signal: gone.signal })
  } catch (error) {
    throw gone.signal.aborted ? gone.signal.reason : error
  } finally {
    clearInterval(pace)
    source.unpipe(body)
    metrics.uploadedBytes.inc(received.octets)
  }
}

const brokenOff = (): RequestProblem => new RequestProblem(400, 'The upload was broken off.')
const tooSlow = (): RequestProblem => new RequestProblem(408, 'The upload came too slowly.')

/** The body as a Node stream: the socket's own where there is one, which saves a detour through web
 * streams. */
function bodyOf(c: Context<ApiEnv>): Readable {
  const incoming = c.env?.incoming
  if (incoming !== undefined) return incoming
  const body = c.req.raw.body
  return body === null ? Readable.from([]) : Readable.fromWeb(body as NodeReadableStream<Uint8Array>)
}
