/**
 * `holdfast token add`, `list` and `revoke`: who may use a server, decided beside its database.
 *
 * Contract: a token is shown once, when it is made, alone on standard output; only its hash is kept.
 */
import { clock, day } from '../../model/time.ts'
import type { Role } from '../../model/view.ts'
import { addToken, hasTokens, listTokens, revokeToken, type TokenRow } from '../../store/tokens.ts'
import { type Console, say } from '../console.ts'
import { EXIT, failure, usageFailure } from '../failure.ts'
import { harmless } from '../output/harmless.ts'
import { withStore } from '../stored.ts'
import { wallClock } from '../wall-clock.ts'

const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u

/** Makes a token. A server that runs knows it at once. */
export async function runTokenAdd(
  name: string,
  { db, role }: { readonly db: string; readonly role: Role },
  console: Console,
): Promise<number> {
  if (!NAME.test(name))
    throw usageFailure(
      `${harmless(name)} is no name for a token; use letters, digits, spaces and . _ - @, 64 at most`,
    )
  const { token } = await withStore(db, {}, (store) => addToken(store, { name, role, at: wallClock() }))
  console.out.write(`${token}\n`)
  if (console.error.isTerminal) say(console, `${name} is ${role}; the token is not shown again`)
  return EXIT.success
}

/** One line for each token, without the token. */
export async function runTokenList({ db }: { readonly db: string }, console: Console): Promise<number> {
  const tokens = await withStore(db, { mustExist: true, readOnly: true }, listTokens)
  if (tokens.length === 0) say(console, `no tokens in ${db}: only this machine can use the server`)
  const width = Math.max(0, ...tokens.map(({ name }) => name.length))
  for (const token of tokens) console.out.write(`${harmless(line(token, width))}\n`)
  return EXIT.success
}

function line({ name, role, created, used, revoked }: TokenRow, width: number): string {
  const state =
    revoked === null ? `used ${used === null ? 'never' : moment(used)}` : `revoked ${moment(revoked)}`
  return `${name.padEnd(width)}  ${role.padEnd(8)}  made ${moment(created)}  ${state}`
}

const moment = (at: number): string => `${day(at)} ${clock(at, false)} UTC`

const LAST_REVOKED =
  'no token is left: a server on loopback is open to whoever works on the machine, any other to nobody'

/** From now on the token opens nothing. */
export async function runTokenRevoke(
  name: string,
  { db }: { readonly db: string },
  console: Console,
): Promise<number> {
  const { wasThere, isLast } = await withStore(db, { mustExist: true }, (store) => ({
    wasThere: revokeToken(store, name, wallClock()),
    isLast: !hasTokens(store),
  }))
  if (!wasThere) throw failure(`there is no token named ${harmless(name)} in force`)
  if (console.error.isTerminal) say(console, `${name} is revoked`)
  if (isLast) say(console, LAST_REVOKED)
  return EXIT.success
}
