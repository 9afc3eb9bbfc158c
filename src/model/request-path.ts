/** Paths of requests, and what lies within one: of cookies, and of what is enrolment. */
import type { Service } from './party.ts'

/** The path of a request's target, without its query; of one in absolute form, too (RFC 9112 §3.2.2). */
export const requestPath = (target: string): string =>
  target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').split(/[?#]/, 1)[0] ?? ''

/** The path is the other one, or stands below it (path-match, RFC 6265 §5.1.4). */
export const isWithin = (path: string, other: string): boolean =>
  path === other || path.startsWith(other.endsWith('/') ? other : `${other}/`)

const enrolmentPaths = ({ configured }: Service): readonly string[] => configured?.enrolment?.paths ?? []

/** Somebody says what enrolment at this service looks like. */
export const isEnrolmentStated = (service: Service): boolean => enrolmentPaths(service).length > 0

/** A request of that target enrols, as far as the configuration says which do. Most services have no
 * enrolment: then the target is left unread. */
export function isEnrolment(service: Service, target: string): boolean {
  if (!isEnrolmentStated(service)) return false
  const path = requestPath(target)
  return enrolmentPaths(service).some((stated) => isWithin(path, stated))
}
