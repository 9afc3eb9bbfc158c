/**
 * Whether a certificate covers a name (RFC 9525 §6.3, before it RFC 6125 §6.4): equal without regard to case,
 * or by a wildcard that is the whole leftmost label and stands for exactly one. Its common name counts where
 * it has no other names, as these products do.
 */
import type { Certificate } from '../../model/tls.ts'

/** `name` in lower case, without a dot at its end. */
export const covers = ({ names }: Certificate, name: string): boolean =>
  names.some((presented) => matches(presented, name))

function matches(presented: string, name: string): boolean {
  const pattern = plain(presented)
  if (pattern === name) return true
  return pattern.startsWith('*.') && pattern.length > 2 && pattern.slice(1) === parentOf(name)
}

/** A wildcard of the certificate that would cover the name if it stood for more labels than one; or null. */
export const tooShallow = ({ names }: Certificate, name: string): string | null =>
  names.find((presented) => {
    const pattern = plain(presented)
    return pattern.startsWith('*.') && name.endsWith(pattern.slice(1)) && !matches(presented, name)
  }) ?? null

/** `.example.com` of `keys.example.com`. */
const parentOf = (name: string): string => {
  const dot = name.indexOf('.')
  return dot <= 0 ? '' : name.slice(dot)
}

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '')
