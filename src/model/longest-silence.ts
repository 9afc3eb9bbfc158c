/** How long connections of a service may be silent, and how long they must be seen to be for anybody to say
 * that the path bears it. */
import type { Service } from './party.ts'
import { PROFILES } from './profiles.data.ts'
import { type Micros, seconds } from './time.ts'

/** How long connections of a service are silent by design; Infinity: as long as they like; null: not
 * known. */
export function longestSilence(service: Service): Micros | null {
  const { configured, profile, style, serverIdleTimeout } = service
  const defaults = PROFILES[profile]
  if (configured !== null && configured.heartbeat !== null) return configured.heartbeat
  if (serverIdleTimeout !== null) return serverIdleTimeout
  if (defaults.longestLegitimateIdle !== null) return defaults.longestLegitimateIdle
  return style === 'persistent' && profile !== 'generic' ? Infinity : null
}

/**
 * 2 h 4 min: a device that translates addresses may forget no established connection sooner (RFC 5382,
 * REQ-5), and hosts that keep connections alive do so every 2 h (RFC 1122 §4.2.3.6). Most timers of
 * devices.data.ts are shorter: who may be silent for any time meets those by then.
 */
const ANY_DEVICES: Micros = seconds(7_440)
/** A heartbeat or a timer is due after its interval, and the silence before it begins with the last
 * answer. */
const NEARLY = 0.9

/** A silence this long shows what the path does to the longest one that the service may keep; shorter ones
 * show it only for themselves. */
export function tellingSilence(service: Service): Micros {
  const longest = longestSilence(service)
  if (longest === null) return service.idleThreshold
  return longest === Infinity ? ANY_DEVICES : NEARLY * longest
}
