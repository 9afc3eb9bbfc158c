/**
 * How the tables write what is no number in itself; writer and queries share it. Numbers that were released
 * never change their meaning: append.
 */
import type { EndReason, HandshakeSeen } from '../model/connection.ts'
import type { Severity } from '../model/incident.ts'

/** `connection.end_reason` is the place in this list; END_UNKNOWN stands for null. */
export const END_REASONS: readonly EndReason[] = [
  'open',
  'client-fin',
  'server-fin',
  'client-rst',
  'server-rst',
  'middlebox-rst',
  'silent',
  'superseded',
  'evicted',
]
export const END_UNKNOWN = -1

export const HANDSHAKES: readonly HandshakeSeen[] = ['none', 'partial', 'complete']

/** `severity` is the place in this list; 0 (in `agent.worst`) stands for none. */
export const SEVERITIES: readonly (Severity | null)[] = [null, 'info', 'warning', 'critical']

/** `tally.handshakes` is a JSON object: step -> connections whose handshake took that long, where
 * step = floor(20 * log10(seconds)). Sums of several analyses give a median that is right to 6 %. */
export const HANDSHAKE_STEPS_PER_DECADE = 20

/** `silence.step` = floor(4 * log10(seconds)), from 1 s on. */
export const SILENCE_STEPS_PER_DECADE = 4
