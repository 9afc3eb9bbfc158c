/**
 * How much live captures hold in all. Analyses of files say it in their summaries; a live capture is a row
 * for each day, of which none has an end.
 */
import { prepared, type Store } from '../store.ts'

export interface LiveTotals {
  /** Since a collector was begun last. */
  readonly packets: number
  readonly connections: number
  readonly agents: number
  readonly servers: number
}

const LIVE = `
  WITH live AS MATERIALIZED (
    SELECT DISTINCT a.id FROM analysis a JOIN analysis_input i ON i.analysis = a.id
    WHERE a.collector IS NOT NULL AND ($capture IS NULL OR i.capture = $capture))
  SELECT
    (SELECT coalesce(sum(packets), 0) FROM (
      SELECT max(packets) AS packets FROM analysis_input WHERE analysis IN live GROUP BY capture)) AS packets,
    (SELECT coalesce(sum(connections), 0) FROM tally WHERE analysis IN live) AS connections,
    (SELECT count(DISTINCT agent) FROM agent_address WHERE analysis IN live) AS agents,
    (SELECT count(DISTINCT server) FROM tally WHERE server <> 0 AND analysis IN live) AS servers`

/** Of all live captures, or of one; zeros where there is none. */
export const liveTotals = (store: Store, capture: number | null): LiveTotals =>
  prepared<LiveTotals>(store, LIVE).get({ capture }) ?? { packets: 0, connections: 0, agents: 0, servers: 0 }
