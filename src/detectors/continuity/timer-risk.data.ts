/**
 * What article 207657 asks of the timers of Symantec DLP 15 and later, and what follows for every product:
 * each relation of two timers, with what it means to break it. (The seventh, that an agent counts as not
 * reporting only after more than a poll, is a setting of the console that no traffic shows.)
 */
import { seconds, type Micros } from '../../model/time.ts'

/** CommLayer.NO_TRAFFIC_TIMEOUT_SECONDS (207657). */
export const NO_TRAFFIC_TIMEOUT: Micros = seconds(300)
/** MAX_SSL_SESSION_LIFETIME_SECONDS (207657). */
export const TLS_SESSION_LIFETIME: Micros = seconds(86_400)
/** "Agent not reporting after" (207657). */
export const NOT_REPORTING_AFTER: Micros = seconds(18 * 3600)

/** The relation's number in the article; `path`: of every product. */
export type Invariant = 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'path'

export const REMEDIES: Readonly<Record<Invariant, string>> = {
  I1: 'Set the poll interval of the agents above the idle timeout of the server, or lower that.',
  I2: 'Set the time after which agents count as not reporting above their poll interval.',
  I3: "Set the load balancer's source persistence to the lifetime of TLS sessions, 86,400 s.",
  I4: "Set the load balancer's persistence above the poll interval of the agents.",
  I5: 'Set the heartbeat below the no-traffic timeout, 300 s, or raise that.',
  I6: 'Raise the idle timeout of the device above the heartbeat, with a reserve; or lower the heartbeat to four fifths of it.',
  I7: "Raise the idle timeout of the device above the server's own, so that the server closes first.",
  path: 'Raise the idle timeout of the device above the longest silence of the product, or switch it off for this service; or let agents or servers send keep-alives within four fifths of it.',
}
