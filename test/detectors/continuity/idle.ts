/** A connection that is idle while another is not, behind a device that loses patience. */
import { seconds } from '../../../src/model/time.ts'
import type { Device } from '../../scenario/devices/device.ts'
import { firewall, nat, scenario, type Scenario } from '../../scenario/scenario.ts'
import { A1, A2, attach, DLP, DLP1, VIP } from '../stories.ts'

export const [DIRECT, AT_VIP] = [`${DLP1}:8000`, `${VIP}:8000`]
export const FIREWALL = { ...DLP, devices: [{ role: 'firewall', addresses: ['10.10.1.1', '10.10.3.2'] }] }
export const forgetting = (forgets: 'silently' | 'rst-on-next' | 'rst-both', idle = 300): Device =>
  firewall({ idle: seconds(idle), forgets })

/** A1 is idle for 310 s, A2 is not. Then A1 speaks, or not, and opens again half a minute later. */
export function idle(device: Device, then: 'speaks' | 'waits', to = DIRECT): Scenario {
  const s = scenario().behind(device)
  const other = attach(s, 'A2', A2, to).agent
  const { agent } = attach(s, 'A1', A1, to)
  for (let i = 0; i < 2; i++) {
    s.wait(seconds(155))
    other.sends('ping').receives('pong')
  }
  if (then === 'speaks') agent.sends('report')
  s.wait(seconds(5))
  other.sends('ping').receives('pong')
  s.wait(seconds(25))
  attach(s, 'A1', A1, to)
  s.wait(seconds(30))
  other.sends('ping').receives('pong')
  return s
}

/** A1 is silent while its translator makes another mapping, and then speaks under that. */
export function rebound(ports: 'kept' | 'allocated'): Scenario {
  const changesAt = [{ after: seconds(60), map: { [A1]: '203.0.113.9' }, ports }]
  const s = scenario().behind(nat({ map: { [A1]: '203.0.113.5' }, changesAt }))
  const { agent } = attach(s, 'A1', A1, DIRECT)
  s.wait(seconds(120))
  agent.sends('report')
  s.wait(seconds(1))
  attach(s, 'A1', A1, DIRECT)
  s.wait(seconds(10))
  return s
}
