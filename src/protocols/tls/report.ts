/** The observations of a connection: made here, once each, from its state. */
import { handshakeObservation, hasFacts } from './handshake.ts'
import type { Half, Tls } from './state.ts'

/** Reports the handshake in progress, if anything was seen of it. */
export function conclude(tls: Tls): void {
  const h = tls.handshake
  tls.handshake = null
  if (h === null || !hasFacts(h)) return
  tls.context.emit(handshakeObservation(h, tls.context, tls.time, tls.packet, tls.isDecrypted))
}

/** Reports an alert; level and description are null if it could not be read. */
export function reportAlert(
  tls: Tls,
  half: Half,
  level: number | null,
  description: number | null,
  packet: number = tls.packet,
): void {
  tls.context.emit({
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
  tls.context.emit({
    kind: 'tls-ticket',
    time: tls.time,
    tap: tls.context.tap,
    connection: tls.context.connection,
    packet: tls.packet,
    ticketHash,
  })
}
