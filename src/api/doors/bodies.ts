/** What a body may be: JSON, bounded in size and in time. Uploads are not bodies in this sense:
 * `routes/captures.ts` streams them. */
import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { ApiEnv } from '../environment.ts'
import { RequestProblem, problemAnswer } from '../problem.ts'

const hasBody = (method: string): boolean => method === 'POST' || method === 'PUT' || method === 'DELETE'

/** Refuses bodies that are not JSON: what a form of a foreign page could send without asking first. */
const jsonOnly: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const type = c.req.header('content-type')
  const announced = c.req.header('content-length') ?? c.req.header('transfer-encoding') ?? '0'
  if (hasBody(c.req.method) && (type !== undefined || announced !== '0') && !isJson(type ?? ''))
    throw new RequestProblem(415, 'Send the body as application/json.', 'Content-Type')
  await next()
}

const isJson = (type: string): boolean => /^application\/json *(?:;|$)/i.test(type)

/** Waits for the whole body, but not for ever. */
function wholeWithin(seconds: number): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    if (!hasBody(c.req.method)) return next()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new RequestProblem(408, 'The body came too slowly.')), seconds * 1000)
    })
    try {
      await Promise.race([c.req.text(), late]) // kept by the request: handlers read it again
    } finally {
      clearTimeout(timer)
    }
    await next()
  }
}

/** The checks of a JSON body, in their order. */
export function jsonBodies(bytes: number, seconds: number): readonly MiddlewareHandler<ApiEnv>[] {
  const limit = bodyLimit({
    maxSize: bytes,
    onError: (c) => problemAnswer(c, 413, `The body is larger than the ${bytes} octets allowed here.`),
  })
  return [jsonOnly, limit, wholeWithin(seconds)]
}
