/**
 * What devices write into the resets that they send: NetScaler a number into the window field (article
 * CTX200852; the codes below 9100 and their names also in public dissectors of it), BIG-IP a text into the
 * payload, where its database says so (article K13223; `tmsh show net rst-cause`).
 *
 * The window is compared as it was sent, never scaled. Numbers that are not in the table say nothing, though
 * they lie between others: 8760, for one, is the window of many a stack (six segments of 1460 octets).
 */

/**
 * What a reason says of who wanted the connection to end: `idle`, the device's own timer; `stray`, the device
 * had no connection for what it answers; `passed-on`, the side that the reset names; `own`, the device, for
 * something other than silence.
 */
export type ResetMeaning = 'idle' | 'stray' | 'passed-on' | 'own'

export interface ResetReason {
  readonly words: string
  readonly meaning: ResetMeaning
}

const reason = (code: number, meaning: ResetMeaning, words: string): readonly [number, ResetReason] => [
  code,
  { words, meaning },
]

const CLEAN_UP = 'idle timeout or zombie clean-up'

/** By the raw 16-bit window. */
export const NETSCALER_RESETS: ReadonlyMap<number, ResetReason> = new Map([
  reason(8201, 'stray', 'packet on a connection that was already closed'),
  reason(8202, 'stray', 'data without a control block, its SYN cookie expired'),
  reason(8204, 'own', 'SYN sent again with another number'),
  reason(8205, 'own', 'wrong acknowledgment in the handshake'),
  reason(8206, 'own', 'packet of an old connection while a new one was opened'),
  reason(8207, 'own', 'SYN inside an open connection'),
  reason(8208, 'own', 'too many duplicate retransmissions'),
  reason(8209, 'own', 'out of memory'),
  reason(8211, 'idle', CLEAN_UP),
  reason(8212, 'stray', 'stray SYN'),
  reason(9100, 'idle', 'request that was never completed'),
  reason(9300, 'idle', CLEAN_UP),
  reason(9301, 'idle', CLEAN_UP),
  reason(9302, 'idle', CLEAN_UP),
  reason(9303, 'idle', CLEAN_UP),
  reason(9304, 'own', 'gave up after seven zero-window probes'),
  reason(9310, 'own', 'keep-alive probe failed'),
  reason(9400, 'own', 'idle server connection that cannot be used again'),
  reason(9401, 'own', 'capacity flush or entity removed'),
  reason(9700, 'passed-on', 'passed on from the other side'),
  reason(9701, 'passed-on', 'passed on from the other side, with ACK'),
  reason(9702, 'own', 'data after a FIN'),
  reason(9800, 'own', 'monitor probe timed out'),
  reason(9811, 'own', 'after a fatal TLS alert'),
  reason(9812, 'own', 'its address was removed from the configuration'),
  reason(9814, 'own', 'policy with the action RESET'),
  reason(9845, 'own', 'application firewall policy'),
  reason(9863, 'own', 'old connection replaced by a new one'),
  reason(9875, 'passed-on', 'the client closed'),
  reason(9952, 'passed-on', 'fatal TLS alert received'),
  reason(9953, 'idle', 'timeout action'),
])

/** BIG-IP's causes that say more than that it was BIG-IP; any other is its own decision. */
export const F5_CAUSES: readonly { readonly cause: RegExp; readonly meaning: ResetMeaning }[] = [
  { cause: /flow expired|idle timeout/i, meaning: 'idle' },
  { cause: /no flow found|no local listener|TCP closed/i, meaning: 'stray' },
  { cause: /RST from remote system/i, meaning: 'passed-on' },
]
