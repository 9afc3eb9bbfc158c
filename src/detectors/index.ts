/** Every detector there is: a table, compared with the folder by a test. */
import { natChange } from './address/nat-change.ts'
import { natRebind } from './address/nat-rebind.ts'
import { serverHop } from './affinity/server-hop.ts'
import { halfOpenLeftover } from './continuity/half-open-leftover.ts'
import { reconnectOverhead } from './continuity/reconnect-overhead.ts'
import { serverIdleClose } from './continuity/server-idle-close.ts'
import { severedIdle } from './continuity/severed-idle.ts'
import type { Detector } from './detector.ts'
import { duplicateSetCookie } from './http/duplicate-set-cookie.ts'
import { multipleSetCookie } from './http/multiple-set-cookie.ts'

export const DETECTORS: readonly Detector[] = [
  severedIdle,
  serverIdleClose,
  halfOpenLeftover,
  reconnectOverhead,
  serverHop,
  natChange,
  natRebind,
  multipleSetCookie,
  duplicateSetCookie,
]
