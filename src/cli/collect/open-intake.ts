/** Opens what a collection reads: packets, or flow records. */
import type { SavedReader } from './checkpoint-parts.ts'
import { flowIntake } from './flow-intake.ts'
import type { Intake } from './intake.ts'
import type { CollectionOrder } from './order.ts'
import { packetIntake } from './packet-intake.ts'

/** Throws failures and input errors. */
export const openIntake = (
  order: CollectionOrder,
  name: string,
  before: SavedReader | null,
): Promise<Intake> =>
  order.source.kind === 'flows'
    ? flowIntake({ ...order, source: order.source }, name, before)
    : packetIntake({ ...order, source: order.source }, name, before)
