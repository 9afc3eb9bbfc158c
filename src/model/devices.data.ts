/**
 * Idle timeouts of devices for established TCP, as they come from the factory: candidates for a measured
 * timer, never proof. Several devices share a value, every value can be configured, and of several timers on
 * one path the smallest wins.
 */

/** What a device does when the timer fires, and to the first packet after it. */
export type AtExpiry = 'silent' | 'rst' | 'fin'
export type AfterExpiry = 'drop' | 'rst'

export interface DeviceTimeout {
  readonly device: string
  readonly seconds: number
  readonly atExpiry: readonly AtExpiry[]
  readonly afterExpiry: readonly AfterExpiry[]
  /** Where the value is documented; `recalled` where no document was at hand: to be shown as a candidate,
   * with that word. */
  readonly source: string
}

const device = (
  name: string,
  seconds: number,
  atExpiry: readonly AtExpiry[],
  afterExpiry: readonly AfterExpiry[],
  source: string,
): DeviceTimeout => ({ device: name, seconds, atExpiry, afterExpiry, source })

export const DEVICE_TIMEOUTS: readonly DeviceTimeout[] = [
  device('GCP proxy load balancer (backend timeout)', 30, ['fin'], ['rst'], 'recalled'),
  device('HAProxy (sample configuration)', 50, ['fin'], ['rst'], 'haproxy configuration.txt, timeout client'),
  device('AWS Application Load Balancer', 60, ['fin'], ['rst'], 'recalled'),
  device('AWS Classic Load Balancer', 60, ['fin', 'rst'], ['rst'], 'AWS ELB guide; field captures'),
  device('GCP passthrough load balancer (external)', 60, ['silent'], ['rst'], 'recalled'),
  device('nginx keepalive_timeout', 75, ['fin'], ['rst'], 'kubernetes/ingress-nginx#8760'),
  device('A10 Thunder (TCP template)', 120, ['silent', 'rst'], ['drop'], 'recalled'),
  device('Citrix NetScaler HTTP (client)', 180, ['rst', 'fin'], ['rst'], 'recalled'),
  device(
    'Azure Load Balancer',
    240,
    ['silent', 'rst'],
    ['drop', 'rst'],
    'Microsoft Learn: load-balancer-tcp-reset',
  ),
  device('Azure NAT Gateway', 240, ['silent'], ['rst'], 'recalled'),
  device('Azure Firewall', 240, ['rst'], ['rst'], 'recalled'),
  device('Azure Application Gateway', 240, ['fin', 'rst'], ['rst'], 'recalled'),
  device('Azure Firewall (east-west)', 300, ['rst'], ['rst'], 'recalled'),
  device('F5 BIG-IP', 300, ['rst'], ['rst'], 'clouddocs.f5.com AS3 L4_Profile'),
  device('Envoy HTTP (ECS Service Connect)', 300, ['fin'], ['rst'], 'AWS ECS TimeoutConfiguration'),
  device('AWS Network Load Balancer', 350, ['silent'], ['rst'], 'AWS: NLB TCP configurable idle timeout'),
  device('AWS NAT Gateway', 350, ['silent'], ['rst'], 'recalled'),
  device('AWS Network Firewall', 350, ['silent'], ['drop'], 'AWS API reference: FlowTimeouts'),
  device('Citrix NetScaler HTTP (server)', 360, ['rst', 'fin'], ['rst'], 'recalled'),
  device('nginx stream proxy_timeout', 600, ['fin'], ['rst'], 'hashicorp/boundary#3133'),
  device('GCP VPC firewall tracking', 600, ['silent'], ['drop'], 'recalled'),
  device('GCP passthrough load balancer (internal)', 600, ['silent'], ['rst'], 'recalled'),
  device('Radware Alteon', 600, ['silent'], ['drop'], 'recalled'),
  device('Kemp LoadMaster', 660, ['fin', 'rst'], ['rst'], 'recalled'),
  device(
    'Linux IPVS (kube-proxy, Swarm, Keepalived)',
    900,
    ['silent'],
    ['drop', 'rst'],
    'docker/docs#5519, moby/moby#31208',
  ),
  device('Palo Alto (hardened, DISA STIG)', 900, ['silent'], ['drop'], 'DISA STIG PANW-AG-000052'),
  device('SonicWall', 900, ['silent'], ['drop'], 'recalled'),
  device('GCP Cloud NAT', 1200, ['silent'], ['drop'], 'recalled'),
  device('Juniper SRX', 1800, ['silent'], ['drop'], 'recalled'),
  device('VMware NSX load balancer', 1800, ['silent'], ['drop'], 'recalled'),
  device('Cisco ASA / FTD', 3600, ['silent', 'rst'], ['drop'], 'cisco.com asa91 conns_connlimits'),
  device('Palo Alto', 3600, ['silent'], ['drop'], 'Palo Alto: session timeouts'),
  device('Check Point', 3600, ['silent'], ['drop', 'rst'], 'recalled'),
  device('Fortinet FortiGate', 3600, ['silent', 'rst'], ['drop'], 'docs.fortinet.com session-ttl'),
  device('Envoy TCP proxy', 3600, ['fin'], ['rst'], 'AWS ECS TimeoutConfiguration'),
  device('Citrix NetScaler TCP', 9000, ['rst'], ['rst'], 'docs.netscaler.com ns_tcp_opt_faqs'),
  device('VMware NSX distributed firewall', 43200, ['silent'], ['drop'], 'recalled'),
  device('pfSense / OPNsense (pf)', 86400, ['silent'], ['drop'], 'recalled'),
  device('MikroTik', 86400, ['silent'], ['drop'], 'recalled'),
  device('Clavister cOS', 262144, ['silent'], ['drop'], 'docs.clavister.com conn_timeout_settings'),
  device('Linux conntrack', 432000, ['silent'], ['drop', 'rst'], 'Linux nf_conntrack-sysctl.rst'),
]
