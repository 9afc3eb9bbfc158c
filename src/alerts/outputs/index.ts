/** The kinds of outputs: one file each. */
import type { Target } from '../settings.ts'
import { email } from './email.ts'
import { file } from './file.ts'
import type { MakeOutput, Output, World } from './output.ts'
import { slack } from './slack.ts'
import { syslog } from './syslog.ts'
import { teams } from './teams.ts'
import { webhook } from './webhook.ts'

const OUTPUTS: { readonly [T in Target as T['type']]: MakeOutput<T> } = {
  webhook,
  syslog,
  email,
  slack,
  teams,
  file,
}

/** An output to a target. Opens nothing. */
export const outputTo = (target: Target, world: World): Output =>
  (OUTPUTS[target.type] as MakeOutput<Target>)(target, world)
