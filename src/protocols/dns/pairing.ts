/**
 * Queries and the responses to them: by both ends, number and question (RFC 5452 §9.1). Emits `dns-answer`
 * and `dns-unanswered`.
 *
 * A query that is sent again with the same number is one more attempt. A response that comes again, or is
 * captured twice, is told once.
 */
import type { ConnectionId } from '../../model/connection.ts'
import type { Observation } from '../../model/observation.ts'
import type { Endpoint, Tap } from '../../model/packet.ts'
import { seconds, type Micros } from '../../model/time.ts'
import type { DnsMessage } from './message.ts'
import { resolve } from './message.ts'
import { folded } from './name.ts'

/**
 * Queries of a tap that are remembered, answered ones included; when there are more, the oldest are
 * forgotten, so many at once that it costs nothing: their answers are told without them.
 */
export const QUERIES_MAX = 1 << 14
const FORGOTTEN_SHARE = 1 / 16
/**
 * How long an answer is waited for after the last attempt: resolvers wait 5 s, and a client asks again before
 * it waits twice (resolv.conf(5), `timeout` and `attempts`).
 */
export const ANSWER_WITHIN: Micros = seconds(10)

interface Channel {
  readonly tap: Tap
  readonly transport: 'udp' | 'tcp'
  readonly connection: ConnectionId | null
  emit(observation: Observation): void
}

interface Query {
  readonly client: Endpoint
  readonly server: Endpoint
  readonly id: number
  readonly name: string
  readonly type: string
  readonly class: number
  readonly packet: number
  lastPacket: number
  readonly asked: Micros
  lastAsked: Micros
  attempts: number
  /** The response was told. */
  isAnswered: boolean
}

export class Pairing {
  /** Responses that came again. */
  repeated = 0
  /** Queries that were forgotten because there were too many. */
  forgotten = 0
  private readonly channel: Channel
  /** In the order of the last attempt. */
  private readonly queries = new Map<string, Query>()

  private readonly max: number

  constructor(channel: Channel, max: number) {
    this.channel = channel
    this.max = max
  }

  get size(): number {
    return this.queries.size
  }

  query(message: DnsMessage, client: Endpoint, server: Endpoint, time: Micros, packet: number): void {
    if (message.name === null) return
    const key = keyOf(message, client, server)
    const known = this.queries.get(key)
    this.queries.delete(key)
    if (known !== undefined && !known.isAnswered && time - known.lastAsked <= ANSWER_WITHIN) {
      known.lastPacket = packet
      known.lastAsked = time
      known.attempts++
      this.queries.set(key, known)
      return
    }
    if (this.queries.size >= this.max) this.forgetOldest()
    const { id, name, type, class: of } = message
    this.queries.set(key, {
      client,
      server,
      id,
      name,
      type,
      class: of,
      packet,
      lastPacket: packet,
      asked: time,
      lastAsked: time,
      attempts: 1,
      isAnswered: false,
    })
  }

  response(message: DnsMessage, client: Endpoint, server: Endpoint, time: Micros, packet: number): void {
    if (message.name === null) return
    const query = this.queries.get(keyOf(message, client, server))
    if (query?.isAnswered === true) {
      this.repeated++
      return
    }
    if (query !== undefined) query.isAnswered = true
    const { tap, transport, connection } = this.channel
    const { id, name, type, class: of, rcode, authoritative, truncated, answers } = message
    this.channel.emit({
      kind: 'dns-answer',
      time,
      tap,
      client,
      server,
      transport,
      connection,
      id,
      name,
      type,
      class: of,
      queryPacket: query?.packet ?? null,
      lastQueryPacket: query?.lastPacket ?? null,
      asked: query?.asked ?? null,
      attempts: query?.attempts ?? 0,
      packet,
      rcode,
      authoritative,
      truncated,
      answers,
      ...resolve(name, answers),
      latency: query === undefined ? null : Math.max(0, time - query.lastAsked),
    })
  }

  /**
   * Queries that were last sent ANSWER_WITHIN before `until` or earlier have no answer any more: they are
   * told at `now`. Answered ones are forgotten.
   */
  tick(until: Micros, now: Micros): void {
    for (const [key, query] of this.queries) {
      if (until - query.lastAsked < ANSWER_WITHIN) return
      this.queries.delete(key)
      if (!query.isAnswered) this.unanswered(query, now)
    }
  }

  private unanswered(query: Query, now: Micros): void {
    const { tap, transport, connection } = this.channel
    const { client, server, id, name, type, class: of, packet, lastPacket, asked, attempts } = query
    this.channel.emit({
      kind: 'dns-unanswered',
      time: now,
      tap,
      client,
      server,
      transport,
      connection,
      id,
      name,
      type,
      class: of,
      queryPacket: packet,
      lastQueryPacket: lastPacket,
      asked,
      attempts,
    })
  }

  private forgetOldest(): void {
    const kept = this.max - Math.ceil(this.max * FORGOTTEN_SHARE)
    for (const [key, query] of this.queries) {
      this.queries.delete(key)
      if (!query.isAnswered) this.forgotten++
      if (this.queries.size <= kept) return
    }
  }
}

const keyOf = (m: DnsMessage, client: Endpoint, server: Endpoint): string =>
  `${client.address}|${client.port}|${server.address}|${server.port}|${m.id}|${m.type}|${folded(m.name!)}`
