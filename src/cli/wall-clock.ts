/** The time of day, as traffic has it. */
import { MILLISECOND, type Micros } from '../model/time.ts'

/** Microseconds since 1970, in UTC; it is set now and then, and may go back. */
export const wallClock = (): Micros => Date.now() * MILLISECOND
