/** Handshakes of TLS 1.2 as a bystander sees them (RFC 5246 §7.3): in clear up to the change of ciphers,
 * then octets without meaning. */
import {
  clientHello,
  concat,
  extension,
  message,
  record,
  serverHello,
  text,
  vector,
} from '../protocols/tls/craft.ts'
import type { Conversation } from './scenario.ts'

const HANDSHAKE = 22
const SUITE = 0xc02f // TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256

export interface Secured {
  /** The server name that the client says; null: none. */
  readonly name?: string | null
  /** The server's chain in DER, leaf first. */
  readonly chain: readonly Uint8Array[]
  /** Of both hellos; equal ones are one handshake. */
  readonly nonce?: number
  /** The alert by which the client ends it, instead of going on. */
  readonly refuses?: number
}

const random = (nonce: number, side: string): string =>
  side + nonce.toString(16).padStart(8, '0') + side.repeat(27)

const serverName = (name: string): Uint8Array =>
  extension(0, vector(2, Uint8Array.of(0), vector(2, text(name))))

export const helloOf = ({ name = null, nonce = 1 }: Partial<Secured>): Uint8Array =>
  record(
    HANDSHAKE,
    clientHello({
      random: random(nonce, 'c1'),
      suites: [SUITE, 0xc02b],
      extensions: name === null ? [] : [serverName(name)],
    }),
  )

export const flightOf = ({ chain, nonce = 1 }: Secured): Uint8Array =>
  concat(
    record(HANDSHAKE, serverHello({ random: random(nonce, '5e'), suites: [SUITE], extensions: [] })),
    record(HANDSHAKE, message(11, vector(3, ...chain.map((der) => vector(3, der))))),
    record(HANDSHAKE, message(14)),
  )

export const alertOf = (description: number): Uint8Array => record(21, Uint8Array.of(2, description))

export const change = concat(record(20, Uint8Array.of(1)), record(HANDSHAKE, new Uint8Array(40).fill(0xf1)))
export const keys = record(HANDSHAKE, message(16, vector(1, new Uint8Array(32).fill(7))))
export const SEALED = record(23, new Uint8Array(80).fill(0xda))

/** A handshake, and a little data each way that nobody can read. */
export function secures({ agent, server }: Conversation, wish: Secured): void {
  agent.sends(helloOf(wish))
  server.sends(flightOf(wish))
  if (wish.refuses !== undefined) {
    agent.sends(alertOf(wish.refuses)).closes()
    return
  }
  agent.sends(concat(keys, change))
  server.sends(change)
  agent.sends(SEALED)
  server.sends(SEALED)
}

export const proxyHeader = (from: string, port: number, to: string): Uint8Array =>
  text(`PROXY TCP4 ${from} ${to} ${port} 443\r\n`)
