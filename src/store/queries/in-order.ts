/** Queries that cut a list off after its newest rows. */
import { prepared, type Store } from '../store.ts'

/** The rows of a query that answers the newest first, in the order in which things happened. */
export const inOrder = <Row>(store: Store, sql: string, ...values: unknown[]): Row[] =>
  prepared<Row>(store, sql)
    .all(...values)
    .toReversed()
