/**
 * What a place shows besides data: nothing yet, still reading, failed, or older than it should be. A failure
 * stays where it happened, in one sentence, with what still holds and one action.
 */
import type { ComponentChildren, JSX } from 'preact'
import { ApiError } from '../api.ts'
import type { Loaded } from '../load.ts'
import { href, listPath } from '../router.ts'
import { time } from '../text.ts'

export const Empty = ({ children }: { children: ComponentChildren }): JSX.Element => (
  <p class="state empty">{children}</p>
)

/** What is listed comes with captures, and there is none. */
export const NoneYet = ({ one }: { one: string }): JSX.Element => (
  <Empty>
    No {one} was seen yet.{' '}
    <a class="link" href={href({ page: 'captures' })}>
      Add a capture
    </a>
    .
  </Empty>
)

/** Nothing for 400 ms, then one line that says what is being read. The place keeps its height. */
export const Loading = ({ what, tall = false }: { what: string; tall?: boolean }): JSX.Element => (
  <div class={tall ? 'tall' : ''}>
    <p class="state later" role="status">
      Reading {what} …
    </p>
  </div>
)

export function Failure({ error, retry }: { error: Error; retry?: (() => void) | undefined }): JSX.Element {
  return (
    <p class="state failed" role="alert">
      {error.message}{' '}
      {retry !== undefined && (
        <button type="button" class="btn sm" onClick={retry}>
          Try again
        </button>
      )}
    </p>
  )
}

const isGone = (error: Error | null): error is ApiError => error instanceof ApiError && error.status === 404

/** What is not there, or no longer: asking again would not help, the list does. */
const Gone = ({ error }: { error: ApiError }): JSX.Element => (
  <div class="tall">
    <h1>{error.message.replace(/\.$/, '')}</h1>
    <p class="lead gap4">
      It was deleted, or another analysis took its place.{' '}
      <a class="link" href={listPath()}>
        Look for it in the list
      </a>
      .
    </p>
  </div>
)

interface UnreadProps {
  readonly what: string
  readonly error: Error
  readonly retry: () => void
  /** There is nothing else on the page. */
  readonly isPage: boolean
}

/** What could not be read, why, and the way on. */
function Unread({ what, error, retry, isPage }: UnreadProps): JSX.Element {
  const sentence = `${what.charAt(0).toUpperCase()}${what.slice(1)} could not be read`
  if (!isPage) return <Failure error={new Error(`${sentence}. ${error.message}`)} retry={retry} />
  return (
    <div class="tall">
      <h1>{sentence}</h1>
      <Failure error={error} retry={retry} />
    </div>
  )
}

interface ShowProps<T> {
  readonly loaded: Loaded<T>
  /** `the incidents`: what is being read. */
  readonly what: string
  readonly tall?: boolean
  readonly children: (data: T) => ComponentChildren
}

/** Data once it is there; until then that it is being read, or why it cannot be. */
export function Show<T>({ loaded, what, tall = false, children }: ShowProps<T>): JSX.Element {
  const { data, error, reload, readAt } = loaded
  if (isGone(error)) return <Gone error={error} />
  if (data === null)
    return error === null ? (
      <Loading what={what} tall={tall} />
    ) : (
      <Unread what={what} error={error} retry={reload} isPage={tall} />
    )
  return (
    <>
      {error !== null && (
        <p class="state failed" role="alert">
          {error.message} This is as of {time(readAt)}.{' '}
          <button type="button" class="btn sm" onClick={reload}>
            Try again
          </button>
        </p>
      )}
      {children(data)}
    </>
  )
}
