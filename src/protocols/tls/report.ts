/** The observations of a connection: made here, once each, from its state. */
import type { Observation } from '../../model/observation.ts'
import { handshakeObservation, hasFacts } from './handshake.ts'
import type { Half, Tls } from './state.ts'

/**
 * Observations of one connection that are made; an honest one has three to ten. Those after them are
 * counted: a stream of alerts costs no more than other data.
 */
export const REPORTED_MAX = 256

function report(tls: Tls, observation: Observation): void {
  if (tls.reported >= REPORTED_MAX) {
    tls.context.count?.('tls-too-many-facts')
    return
  }
  tls.reported++
  tls.context.emit(observation)
}

/** Reports the handshake in progress, if anything was seen of it. */
export function conclude(tls: Tls): void {
  const h = tls.handshake
  tls.handshake = null
  if (h === null || !hasFacts(h)) return
  report(tls, handshakeObservation(h, tls.context, tls.time, tls, tls.isDecrypted))
}

/** Reports an alert; level and description are null if it could not be read. */
export function reportAlert(
  tls: Tls,
  half: Half,
  level: number | null,
  description: number | null,
  packet: number = tls.packet,
): void {
  report(tls, {
    kind: 'tls-alert',
    time: tls.time,
    tap: tls.context.tap,
    connection: tls.context.connection,
    packet,
    from: half.side,
    level,
    description,
    encrypted: level === null,
  })
}

export function reportTicket(tls: Tls, ticketHash: string): void {
  report(tls, {
    kind: 'tls-ticket',
    time: tls.time,
    tap: tls.context.tap,
    connection: tls.context.connection,
    packet: tls.packet,
    ticketHash,
  })
}
