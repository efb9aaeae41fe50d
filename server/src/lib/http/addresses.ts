import { BlockList, isIP, isIPv4 } from 'node:net'

/**
 * Ranges of IPv4 that are not the public internet. Source: IANA IPv4
 * Special-Purpose Address Registry; 168.63.129.16 is where Azure's virtual
 * machines reach their host.
 */
const NOT_PUBLIC_4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]

/** All of IPv6 that is global unicast, and what within it is not public. Source: IANA's registries of IPv6 addresses. */
const GLOBAL_6 = ['2000::/3']
const NOT_PUBLIC_6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

function addRange(list: BlockList, range: string): void {
  const [address = '', length, more] = range.split('/')
  const family = isIP(address)
  const bits = length === undefined ? (family === 4 ? 32 : 128) : /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN
  if (family === 0 || more !== undefined || !(bits <= (family === 4 ? 32 : 128))) {
    throw new RangeError(`${JSON.stringify(range)} is not a host, an address or a range such as 10.0.0.0/8`)
  }
  list.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6')
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) addRange(list, range)
  return list
}

const REFUSED_4 = listOf(NOT_PUBLIC_4)
const ALLOWED_6 = listOf(GLOBAL_6)
const REFUSED_6 = listOf(NOT_PUBLIC_6)
/** Where IPv6 addresses stand for IPv4 ones: mapped (RFC 4291) and translated (RFC 6052). */
const EMBEDS_4 = listOf(['::ffff:0:0/96', '64:ff9b::/96'])

/** The IPv4 address in the last 32 bits of an IPv6 address. */
function embedded(address: string): string {
  const normal = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [high = 0, low = 0] = `0:0:${normal}`
    .split(':')
    .slice(-2)
    .map((group) => Number.parseInt(group || '0', 16))
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** Whether an address belongs to a machine of the public internet. What is not an address does not. */
export function isPublic(address: string): boolean {
  if (isIPv4(address)) return !REFUSED_4.check(address, 'ipv4')
  // A zone names an interface of this machine: `fe80::1%eth0`.
  if (isIP(address) === 0 || address.includes('%')) return false
  if (EMBEDS_4.check(address, 'ipv6')) return isPublic(embedded(address))
  return ALLOWED_6.check(address, 'ipv6') && !REFUSED_6.check(address, 'ipv6')
}

/**
 * Whether a host, as a URL holds it, may be one of the public internet: an
 * address tells it, of names only those that never are.
 */
export function isPublicHost(hostname: string): boolean {
  const host = (hostname.startsWith('[') ? hostname.slice(1, -1) : hostname).replace(/\.$/, '')
  if (isIP(host) !== 0) return isPublic(host)
  return host.includes('.') && !/\.(?:localhost|local|internal|lan|home\.arpa|test|invalid)$/i.test(host)
}

/** Which hosts and addresses may be fetched from although they are not public. */
export interface AllowedPlaces {
  host(name: string): boolean
  address(address: string): boolean
}

/**
 * Reads a list of hosts, addresses and ranges.
 *
 * @throws RangeError that names the entry which is none
 */
export function parseAllowed(entries: readonly string[]): AllowedPlaces {
  const hosts = new Set<string>()
  const ranges = new BlockList()
  for (const entry of entries) {
    const text = entry.trim().toLowerCase()
    if (isIP(text) !== 0 || text.includes('/')) addRange(ranges, text)
    else if (/^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/.test(text)) hosts.add(text)
    else throw new RangeError(`${JSON.stringify(entry)} is not a host, an address or a range such as 10.0.0.0/8`)
  }
  return {
    host: (name) => hosts.has(name.toLowerCase().replace(/\.$/, '')),
    address: (address) => {
      const family = isIP(address)
      return family !== 0 && !address.includes('%') && ranges.check(address, family === 4 ? 'ipv4' : 'ipv6')
    },
  }
}
