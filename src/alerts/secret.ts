/**
 * Secrets, read where they are at the moment of use: a file that is replaced needs no restart, and nothing
 * keeps them. What is wrong with one is told without showing any of it.
 */
import { readFileSync } from 'node:fs'
import type { Address, OutputSettings, SecretPlace } from './settings.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** No secret is longer; a file that is was meant to be another one. */
const SECRET_BYTES_MAX = 64 * 1024

/** Its message is for people, and holds nothing secret. */
export class SecretMissing extends Error {
  override readonly name = 'SecretMissing'
}

/** Without the line end that editors leave. Throws `SecretMissing`. */
export function secretOf(place: SecretPlace, environment: Environment): string {
  const value = 'env' in place ? environment[place.env] : contentOf(place.file)
  const secret = value?.replace(/\r?\n$/, '') ?? ''
  if (secret === '')
    throw new SecretMissing(
      'env' in place ? `the environment variable ${place.env} is not set` : `the file ${place.file} is empty`,
    )
  return secret
}

function contentOf(path: string): string {
  try {
    const octets = readFileSync(path)
    if (octets.length <= SECRET_BYTES_MAX) return octets.toString('utf8')
  } catch (error) {
    throw new SecretMissing(`the file ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
  throw new SecretMissing(`the file ${path} is too large for a secret`)
}

/** Throws `SecretMissing`, also for what is no address of HTTP. */
export function urlOf(address: Address, environment: Environment): URL {
  const url = URL.parse(typeof address === 'string' ? address : secretOf(address, environment))
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new SecretMissing('what is given as its address is no http or https URL')
  return url
}

/** What is missing of the secrets of an output; null if nothing is. */
export function missingSecret({ target }: OutputSettings, environment: Environment): string | null {
  try {
    if ('url' in target) urlOf(target.url, environment)
    if (target.type === 'webhook' && target.secret !== null) secretOf(target.secret, environment)
    if (target.type === 'email' && target.password !== null) secretOf(target.password, environment)
    return null
  } catch (error) {
    return (error as Error).message
  }
}
