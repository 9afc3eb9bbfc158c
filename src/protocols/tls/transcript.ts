/**
 * The handshake messages of TLS 1.0 to 1.2 up to ClientKeyExchange, whose hash goes into an extended master
 * secret (RFC 7627 §3). Kept only while there are premaster secrets to turn into master secrets.
 */
import { createHash } from 'node:crypto'
import { u24 } from '../../bytes/read.ts'
import type { Hash } from './ciphers.data.ts'
import { HELLO_REQUEST } from './constants.data.ts'

/** Both sides' messages together; a longer handshake has no transcript, and stays closed if it needs one. */
export const TRANSCRIPT_BYTES_MAX = 256 * 1024
const HEADER_BYTES = 4

export interface Transcript {
  readonly messages: Uint8Array[]
  length: number
  /** A message is missing. */
  isBroken: boolean
}

export const newTranscript = (): Transcript => ({ messages: [], length: 0, isBroken: false })

/** Adds the message `start`..`end`, header included; one that is not whole breaks the transcript. */
export function addMessage(transcript: Transcript, b: Uint8Array, start: number, end: number): void {
  if (b[start] === HELLO_REQUEST) return
  if (end - start === HEADER_BYTES + u24(b, start + 1)) addOctets(transcript, b, start, end)
  else breakTranscript(transcript)
}

/** Adds octets that count though they are no message: an SSL 2.0 hello (RFC 2246 appendix E). */
export function addOctets(transcript: Transcript, b: Uint8Array, start: number, end: number): void {
  transcript.length += end - start
  if (transcript.isBroken || transcript.length > TRANSCRIPT_BYTES_MAX) breakTranscript(transcript)
  else transcript.messages.push(new Uint8Array(b.subarray(start, end)))
}

export function breakTranscript(transcript: Transcript): void {
  transcript.isBroken = true
  transcript.messages.length = 0
  transcript.length = 0
}

/** `hash` is that of the PRF; null stands for MD5 and SHA-1, one behind the other. */
export function transcriptHash({ messages, isBroken }: Transcript, hash: Hash | null): Uint8Array | null {
  if (isBroken) return null
  const octets = Buffer.concat(messages)
  const names = hash === null ? ['md5', 'sha1'] : [hash]
  return new Uint8Array(Buffer.concat(names.map((name) => createHash(name).update(octets).digest())))
}
