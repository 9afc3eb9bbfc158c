/** Both sides of a relay as two stories of one time: what it does on the one need not be what it does on the
 * other. */
import type { Micros } from '../../../src/model/time.ts'
import { seconds } from '../../../src/model/time.ts'
import { type Conversation, request, response, type Scenario, scenario } from '../../scenario/scenario.ts'
import { BALANCER, DLP1, VIP } from '../stories.ts'

export class TwoSides {
  readonly front: Scenario = scenario()
  readonly back: Scenario = scenario({ seed: 2 })

  wait(span: Micros): void {
    const until = Math.max(this.front.now, this.back.now) + span
    for (const side of [this.front, this.back]) side.wait(until - side.now)
  }

  connects(from: string): Conversation {
    return this.front.connect(from, `${VIP}:8000`)
  }

  relays(): Conversation {
    return this.back.connect(BALANCER, `${DLP1}:8000`)
  }

  /** One request of an agent, as either side shows it. */
  asks(name: string, front: Conversation, back: Conversation): void {
    const asked = request('GET', '/policy', { headers: { 'X-Agent-Id': name } })
    for (const { agent } of [front, back]) agent.sends(asked).receives(response({ body: 'p'.repeat(20_000) }))
    this.wait(seconds(1))
  }

  captures(): Map<string, Uint8Array> {
    const [client, server] = [this.front, this.back].map((side) => [...side.captures().values()][0]!)
    return new Map([
      ['client', client!],
      ['server', server!],
    ])
  }
}
