/**
 * Exports of flows that the lab made of its captures, and what of the truth each can show: whatever a label
 * says is found, unless it is told here why records cannot show it.
 */

const UNCUT =
  'the exporter cut nothing at silences: connection, silence and end are one record, in which nothing tells them apart'
const UNLINKED = `${UNCUT}; that a download followed a loss is not seen without the loss`
const NAMELESS = 'all connections come from the load balancer: no record says whose they are'
const NO_TRANSLATION =
  'taken behind the translation, without its events: an agent under another address is another address'
const ELSEWHERE = 'what the server asks its next hop passes another tap'
const NOT_ON_THE_WIRE = 'what the load balancer thinks of a server is in its log alone'

export interface ExportTold {
  readonly scenario: string
  /** Labels that records cannot show, each with the reason. All others have to be found. */
  readonly unseen: Readonly<Record<string, string>>
}

export const EXPORTS: Readonly<Record<string, ExportTold>> = {
  's13_smtp_no220.server.v5': {
    scenario: 's13_smtp_no220',
    unseen: {
      next_hop_unreachable: ELSEWHERE,
      backend_marked_down: NOT_ON_THE_WIRE,
      backend_marked_up: NOT_ON_THE_WIRE,
    },
  },
  's16_reconnect_storm.client.v9': { scenario: 's16_reconnect_storm', unseen: {} },
  's17_asci.server_direct.v10': { scenario: 's17_asci', unseen: {} },
  's17_asci.server_direct.v5.to': { scenario: 's17_asci', unseen: {} },
  's18_half_open.server_direct.v5.active15': { scenario: 's18_half_open', unseen: {} },
  's1_control_heartbeat.client.v10': { scenario: 's1_control_heartbeat', unseen: {} },
  's1_control_heartbeat.client.v5.active15': { scenario: 's1_control_heartbeat', unseen: {} },
  's1_control_long_idle.client.v5.active15': { scenario: 's1_control_long_idle', unseen: {} },
  's1_lb_idle_fin.client.v10': {
    scenario: 's1_lb_idle_fin',
    unseen: { idle_severed: UNCUT, policy_redownload: UNLINKED },
  },
  's1_lb_idle_fin.client.v5.active15': { scenario: 's1_lb_idle_fin', unseen: {} },
  's1_lb_idle_fin.client.v5': {
    scenario: 's1_lb_idle_fin',
    unseen: { idle_severed: UNCUT, policy_redownload: UNLINKED },
  },
  's1_lb_idle_fin.client.v9.to': {
    scenario: 's1_lb_idle_fin',
    unseen: { idle_severed: UNCUT, policy_redownload: UNLINKED },
  },
  's1_lb_idle_fin.server.v9': {
    scenario: 's1_lb_idle_fin',
    unseen: { idle_severed: UNCUT, policy_redownload: UNLINKED },
  },
  's2_fw_silent.client.v5.active15': { scenario: 's2_fw_silent', unseen: {} },
  's2_fw_silent.client.v5': {
    scenario: 's2_fw_silent',
    unseen: { idle_severed: UNCUT, policy_redownload: UNLINKED },
  },
  's3_fw_rst_both.client.v9': {
    scenario: 's3_fw_rst_both',
    unseen: { idle_severed: UNCUT, policy_redownload: UNLINKED },
  },
  's5_control_source.server.v5': { scenario: 's5_control_source', unseen: {} },
  's5_rr_hop.server.v10': { scenario: 's5_rr_hop', unseen: { server_hop: NAMELESS } },
  's5_rr_hop.server.v5.active15': { scenario: 's5_rr_hop', unseen: { server_hop: NAMELESS } },
  's6_failover_rst.client.v10': { scenario: 's6_failover_rst', unseen: {} },
  's6_failover_rst.client.v9': { scenario: 's6_failover_rst', unseen: {} },
  's7_nat_pool_change.server_direct.v10': {
    scenario: 's7_nat_pool_change',
    unseen: { nat_address_change: NO_TRANSLATION },
  },
}
