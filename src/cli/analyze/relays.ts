/**
 * Reads captures of several taps ahead, for the relays between them that no configuration names: whose
 * connections are whose must be known before the first of them is judged.
 */
import type { Deployment } from '../../model/deployment.ts'
import type { Follower } from '../../sessions/follower.ts'
import type { SeenRelays } from '../config/seen-relays.ts'
import { isFile } from './is-file.ts'

/** `read` analyses the inputs with the deployment as it is stated. What can be read but once is not read
 * ahead. */
export async function seenRelays(
  stated: Deployment,
  paths: readonly string[],
  read: (follower: Follower) => Promise<unknown>,
): Promise<SeenRelays> {
  if (paths.length < 2 || !paths.every(isFile)) return { deployment: stated, notes: [] }
  const { mayShowRelays, withSeenRelays } = await import('../config/seen-relays.ts')
  return mayShowRelays(stated) ? withSeenRelays(stated, read) : { deployment: stated, notes: [] }
}
