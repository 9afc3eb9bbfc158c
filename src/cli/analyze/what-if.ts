/** What `--what-if` asks: the name of a timer, and the value that it would have. */
import { SECOND } from '../../model/time.ts'
import { WHAT_IFS, type WhatIf } from '../../model/what-if.ts'
import { duration } from '../config/values.ts'
import { usageFailure } from '../failure.ts'
import { suggestion } from '../nearest.ts'

/** `idle-timeout=240s`. Throws a usage failure for anything else. */
export function whatIfOf(text: string): WhatIf {
  const equals = text.indexOf('=')
  const name = equals < 0 ? text : text.slice(0, equals)
  const what = WHAT_IFS.find((known) => known === name)
  if (what === undefined)
    throw usageFailure(
      `--what-if ${text} asks about no known timer; it is one of ${WHAT_IFS.join(', ')}${suggestion(name, WHAT_IFS)}`,
    )
  if (equals < 0) throw usageFailure(`--what-if ${text} has no value; write ${text}=240s`)
  const value = duration(text.slice(equals + 1))
  if ('wrong' in value) throw usageFailure(`--what-if ${text}: the value ${value.wrong}`)
  // Retransmission timers live below: such silences are not told of.
  if (value.value < SECOND) throw usageFailure(`--what-if ${text}: the value must be 1s or more`)
  return { what, value: value.value }
}
