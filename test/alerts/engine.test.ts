import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startAlerts } from '../../src/alerts/engine.ts'
import { database, NOW } from '../store/database.ts'
import { settings } from './settings.ts'

test('what is stopped looks no more, not even once more: the database may be closed by then', async () => {
  const store = database()
  const errors: unknown[] = []
  const engine = startAlerts({
    store,
    settings: settings({}),
    environment: {},
    now: () => NOW,
    random: () => 0,
    onError: (error) => errors.push(error),
    onFailure: () => undefined,
  })
  await engine.stop()
  store.close()
  await turn()
  await turn()
  expect(errors).toEqual([])
})
