/**
 * Frames of HTTP/2 by their headers alone (RFC 9113 §4.1): what can be one, and where one begins again.
 * Pure.
 */
import { u24, u32 } from '../../../bytes/read.ts'
import type { Recognition } from '../../protocol.ts'
import { CONTINUATION, DATA, FIXED_LENGTH, FLAGS, HEADERS, PREFACE, PUSH_PROMISE } from './frames.data.ts'
import { RST_STREAM, SETTINGS, WINDOW_UPDATE } from './frames.data.ts'

export const FRAME_HEADER = 9
/** SETTINGS_MAX_FRAME_SIZE before anybody says otherwise (§6.5.2). */
export const FRAME_BYTES_DEFAULT = 16_384
/** Octets of one setting (§6.5.1). */
export const SETTING_BYTES = 6
/** Frames that are looked at to tell whether one begins. */
const CHAIN_MAX = 16

/**
 * Whether a frame may begin at `at`, of whose header all octets are there: a type that RFC 9113 defines, with
 * no flags but its own, on a stream or on none as it must be, of a length that the type allows.
 */
export function isFrame(bytes: Uint8Array, at: number, lengthMax: number): boolean {
  const type = bytes[at + 3]!
  if (type > CONTINUATION || u24(bytes, at) > lengthMax) return false
  if ((bytes[at + 4]! & ~FLAGS[type]!) !== 0) return false
  const fixed = FIXED_LENGTH[type]!
  if (fixed >= 0 && u24(bytes, at) !== fixed) return false
  const stream = u32(bytes, at + 5)
  if (stream >= 0x80000000) return false
  if (type <= RST_STREAM || type === PUSH_PROMISE || type === CONTINUATION) return stream !== 0
  if (type === SETTINGS && u24(bytes, at) % SETTING_BYTES !== 0) return false
  return type === WINDOW_UPDATE || stream === 0
}

/**
 * Whether octets `start`..`end` are whole frames and nothing else; with `open`, the last may go on beyond if
 * it is not the first.
 */
export function areFrames(
  bytes: Uint8Array,
  start: number,
  end: number,
  lengthMax: number,
  open: boolean,
): number {
  let at = start
  let count = 0
  while (count < CHAIN_MAX && at + FRAME_HEADER <= end) {
    if (!isFrame(bytes, at, lengthMax)) return 0
    count++
    at += FRAME_HEADER + u24(bytes, at)
  }
  if (at === end || count === CHAIN_MAX) return count
  return open && count > 1 ? count : 0
}

/**
 * Either side may send the preface: which one is the originator is only a guess if the capture began late. A
 * server begins with SETTINGS (§3.4). Later, at least two frames must fill what is looked at.
 */
export function recognisesHttp2(_side: unknown, bytes: Uint8Array, start: number, end: number): Recognition {
  const first = bytes[start]
  if (start >= end) return 'unsure'
  if (first === PREFACE.charCodeAt(0)) return recognisesPreface(bytes, start, end)
  if (first !== 0) return 'no'
  if (end - start < FRAME_HEADER) return 'unsure'
  if (!isFrame(bytes, start, FRAME_BYTES_DEFAULT)) return 'no'
  if (beginsWithSettings(bytes, start, end)) return 'certain'
  return areFrames(bytes, start, end, FRAME_BYTES_DEFAULT, false) > 1 ? 'certain' : 'no'
}

function recognisesPreface(bytes: Uint8Array, start: number, end: number): Recognition {
  const stop = Math.min(end, start + PREFACE.length)
  for (let at = start; at < stop; at++) if (bytes[at] !== PREFACE.charCodeAt(at - start)) return 'no'
  return stop - start === PREFACE.length ? 'certain' : 'unsure'
}

/** SETTINGS with at least one setting, whose number is one of those that are registered (§11.3). */
function beginsWithSettings(bytes: Uint8Array, start: number, end: number): boolean {
  const setting = start + FRAME_HEADER
  if (bytes[start + 3] !== SETTINGS || u24(bytes, start) === 0 || setting + 2 > end) return false
  return (
    bytes[start + 4] === 0 && bytes[setting] === 0 && bytes[setting + 1]! > 0 && bytes[setting + 1]! <= 16
  )
}

/** Whether the frame's payload begins with the length of its padding. */
export const mayBePadded = (type: number): boolean =>
  type === DATA || type === HEADERS || type === PUSH_PROMISE
