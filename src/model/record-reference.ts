/**
 * How a flow record is named wherever a packet would be: by one number, so that observations, sightings and
 * findings need not know which of the two they hold.
 *
 * Contract: pure. A reference is larger than any packet's number and says of itself that it is one. Packed
 * into the 52 bits below 2^52 are the number of the frame, message or line (29 bits: of longer sources the
 * number begins anew), the record's place in it (10 bits: the last one stands for all further ones) and the
 * exporter (13 bits, likewise). References of one exporter are in the order of their records.
 */

const MARK = 2 ** 52
const NUMBERS = 2 ** 29
const ORDINALS = 2 ** 10
const EXPORTERS = 2 ** 13

export interface RecordReference {
  /** The frame, message or line that holds it, counted from 1. */
  readonly number: number
  /** Which record of it, counted from 1. */
  readonly ordinal: number
  /** Its place in the list of exporters. */
  readonly exporter: number
}

export const recordReference = (number: number, ordinal: number, exporter: number): number =>
  MARK +
  ((number % NUMBERS) * ORDINALS + Math.min(ordinal, ORDINALS - 1)) * EXPORTERS +
  Math.min(exporter, EXPORTERS - 1)

export const isRecordReference = (packet: number): boolean => packet >= MARK

/** What a reference says; asked of references only. */
export function recordReferred(reference: number): RecordReference {
  const rest = reference - MARK
  const place = Math.floor(rest / EXPORTERS)
  return {
    number: Math.floor(place / ORDINALS),
    ordinal: place % ORDINALS,
    exporter: rest % EXPORTERS,
  }
}

/** `packet 12`, or `record 3 of message 12`, as people say it. */
export function packetName(packet: number): string {
  if (!isRecordReference(packet)) return `packet ${packet}`
  const { number, ordinal } = recordReferred(packet)
  return `record ${ordinal} of message ${number}`
}
