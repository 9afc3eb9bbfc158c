/**
 * What a client wants analysed, checked, as it is stored.
 *
 * A key log is never stored; that there was one is, as a comment in the configuration's text.
 */
import { Refusal } from '../../api/ports.ts'
import type { Tap } from '../../model/packet.ts'
import type { AnalysisRequest } from '../../model/view.ts'
import { captureFile } from '../../store/captures.ts'
import type { Store } from '../../store/store.ts'
import { fileTap, TAP_NAME } from '../analyze/plan.ts'
import { parseConfig } from '../config/load.ts'
import { problemText } from '../config/problems.ts'

/** Captures of one analysis. */
const CAPTURES_MAX = 64

const KEYLOG_MARK = '# Analysed with a key log, which is not stored.\n'
export const NOTE_OF_LOST_KEYLOG =
  'The server was restarted and key logs are not stored: TLS was not decrypted. Analyse again with the key log.'

export interface CheckedRequest {
  readonly inputs: readonly { readonly capture: number; readonly tap: Tap }[]
  /** For the row: the configuration's text; null for the server's own. */
  readonly text: string | null
}

/** Throws a refusal. `own` is the text of the server's configuration. */
export function requestOf(store: Store, request: AnalysisRequest, own: string | null): CheckedRequest {
  const { captures, config, keylog } = request
  if (captures.length === 0) throw new Refusal('unusable', 'No capture is named.', 'captures')
  if (captures.length > CAPTURES_MAX)
    throw new Refusal('unusable', `At most ${CAPTURES_MAX} captures are analysed together.`, 'captures')
  if (config !== undefined) checkConfig(config)
  const text = keylog === undefined ? (config ?? null) : `${KEYLOG_MARK}${config ?? own ?? ''}`
  return { inputs: inputsOf(store, captures), text }
}

export const wantsKeylog = (text: string): boolean => text.startsWith(KEYLOG_MARK)

/** An empty one is none. */
export const keptKeylog = (keylog: string | null): string | null => (keylog === '' ? null : keylog)

function checkConfig(text: string): void {
  const loaded = parseConfig(text)
  if ('deployment' in loaded) return
  const [problem] = loaded.problems
  const sentence = problem === undefined ? 'The configuration is wrong.' : problemText('config', problem)
  throw new Refusal('unusable', /[.?!]$/.test(sentence) ? sentence : `${sentence}.`, 'config')
}

function inputsOf(store: Store, captures: AnalysisRequest['captures']): CheckedRequest['inputs'] {
  const inputs = captures.map(({ id, tap }) => {
    const file = captureFile(store, id)
    if (file === null) throw new Refusal('not-found', `There is no capture ${id}.`, 'captures')
    if (file.stored === null)
      throw new Refusal('not-found', `Capture ${id} is not kept any more.`, 'captures')
    if (tap !== undefined && !TAP_NAME.test(tap))
      throw new Refusal('unusable', 'A tap is named with letters, digits, dots, - and _.', 'captures')
    return { capture: id, tap: tap ?? (captures.length === 1 ? '' : fileTap(file.name)) }
  })
  refuseDoubles(inputs)
  return inputs
}

function refuseDoubles(inputs: CheckedRequest['inputs']): void {
  if (new Set(inputs.map(({ capture }) => capture)).size < inputs.length)
    throw new Refusal('unusable', 'A capture is named twice.', 'captures')
  if (new Set(inputs.map(({ tap }) => tap)).size < inputs.length)
    throw new Refusal('unusable', 'Two captures have the same tap: name the taps.', 'captures')
}
