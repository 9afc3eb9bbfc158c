/** Logging a browser in with a token that the operator made on the command line. */
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import * as api from '../api.ts'
import { Anchor } from '../parts/icons.tsx'
import { navigate, route } from '../router.ts'
import { session } from '../session.ts'

export function LoginPage(): JSX.Element {
  const [token, setToken] = useState('')
  const [error, setError] = useState<Error | null>(null)
  const [isBusy, setBusy] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  const submit = async (): Promise<void> => {
    setBusy(true)
    setError(null)
    try {
      session.value = await api.logIn(token.trim())
      if (route.value.page === 'login') navigate('/', { replace: true })
    } catch (failure) {
      setError(failure as Error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form
      class="login"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <p class="mark">
        <Anchor />
        Holdfast
      </p>
      <h1>Log in</h1>
      {/* For password managers, which keep a token under a name. */}
      <input
        class="hide"
        autocomplete="username"
        value="holdfast"
        readOnly
        tabIndex={-1}
        aria-hidden="true"
      />
      <label>
        <span class="mid">Token</span>
        <input
          class="field"
          type="password"
          autocomplete="current-password"
          required
          ref={field}
          value={token}
          aria-describedby="login-help"
          onInput={(event) => setToken(event.currentTarget.value)}
        />
      </label>
      {error !== null && (
        <p class="crit" role="alert">
          {error.message}
        </p>
      )}
      <button type="submit" class="btn main" disabled={isBusy}>
        Log in
      </button>
      <p class="note" id="login-help">
        Whoever runs this server makes one: <code>holdfast token add NAME --role viewer</code>
      </p>
    </form>
  )
}
