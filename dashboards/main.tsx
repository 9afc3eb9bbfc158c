/** The dashboards start here: router, keys, the event stream, and the shell. */
import { render } from 'preact'
import { App } from './app.tsx'
import { spellOutHidden } from './harmless.ts'
import { startKeys } from './keys.ts'
import { startRouter } from './router.ts'
import { beginVisit } from './settings.ts'

spellOutHidden()
beginVisit()
startRouter()
startKeys()
render(<App />, document.body)
