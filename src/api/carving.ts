/** Sends packets as a pcapng file. A file ends when its client goes away; only so many are sent at the
 * same time. */
import type { Context } from 'hono'
import type { Readable } from 'node:stream'
import { describe } from './describing.ts'
import type { Tag } from './describing.ts'
import type { Api, ApiEnv } from './environment.ts'
import type { CarvedFile } from './ports.ts'
import { RequestProblem } from './problem.ts'

const PCAPNG = 'application/vnd.tcpdump.pcap'
/** A name that needs no quoting in a header. */
const PLAIN_NAME = /^[A-Za-z0-9.-]{1,200}$/

const inProgress = new WeakMap<Api, number>()
const count = (api: Api, by: number): void => void inProgress.set(api, (inProgress.get(api) ?? 0) + by)

export const carvedDescription = (tag: Tag, summary: string) =>
  describe({ tag, summary, answer: PCAPNG, problems: [404, 409, 503] })

/** The file that `open` makes. A HEAD request opens it to know whether it is there, and sends nothing. */
export async function carved(
  c: Context<ApiEnv>,
  api: Api,
  open: () => Promise<CarvedFile>,
): Promise<Response> {
  if ((inProgress.get(api) ?? 0) >= api.limits.carves)
    throw new RequestProblem(503, 'Too many files are being carved; ask again in a moment.')
  count(api, 1)
  let file: CarvedFile
  try {
    file = await open()
  } catch (error) {
    count(api, -1)
    throw error
  }
  file.body.once('close', () => count(api, -1))
  c.header('Content-Type', PCAPNG)
  c.header(
    'Content-Disposition',
    `attachment; filename="${PLAIN_NAME.test(file.name) ? file.name : 'carved.pcapng'}"`,
  )
  c.header('Cache-Control', 'no-store')
  if (c.req.method === 'HEAD') {
    file.body.destroy()
    return c.body(null)
  }
  return c.body(
    sent(file.body, (error) => {
      api.logger.warn({ err: error }, 'carving broke off')
      const socket = c.env?.outgoing
      socket?.destroy()
      return socket !== undefined
    }),
  )
}

/** The octets of a stream. After the first ones an error can only break the answer off, so that what was
 * sent does not pass for a whole file; `breakOff` says whether it did. */
function sent(body: Readable, breakOff: (error: unknown) => boolean): ReadableStream<Uint8Array> {
  const octets = body[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>
  let isWanted = true
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await octets.next()
        if (done === true) controller.close()
        else controller.enqueue(value)
      } catch (error) {
        if (!isWanted) return
        if (breakOff(error)) controller.close()
        else controller.error(new Error('broken off'))
      }
    },
    cancel() {
      isWanted = false
      body.destroy()
    },
  })
}
