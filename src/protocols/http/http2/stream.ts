/** One stream of an HTTP/2 connection: a request and its response (RFC 9113 §5.1, §8.1). */
import type { HttpRequest, HttpResponse } from '../../../model/http.ts'
import type { BodyCollector } from '../body.ts'

export class Http2Stream {
  readonly id: number
  /** Position of its transaction in the connection. */
  readonly index: number
  /** Null if it was not seen. */
  request: HttpRequest | null = null
  /** What an extended CONNECT asked for. */
  protocol: string | null = null
  isPushed = false
  /** The final response was told, or that there is none. */
  isAnswered = false
  interim: readonly HttpResponse[] = []
  /** By side: the head was seen; the side ended it; its body, while it passes. */
  readonly begun: [boolean, boolean] = [false, false]
  readonly ended: [boolean, boolean] = [false, false]
  readonly bodies: [BodyCollector | null, BodyCollector | null] = [null, null]

  constructor(id: number, index: number) {
    this.id = id
    this.index = index
  }
}
