import { BlockList, isIP, isIPv4 } from 'node:net';

/**
 * How far away an address is. `forbidden` holds what no registry and no token server is ever at: link-local addresses
 * (the metadata services of clouds among them), multicast, and reserved ones.
 */
export type AddressKind = 'public' | 'private' | 'loopback' | 'forbidden';

/** Which kinds of address a connection may go to. */
export interface AddressPolicy {
  /** The nearest kind that is allowed. */
  readonly nearest: Exclude<AddressKind, 'forbidden'>;
  /** Nothing but loopback addresses will do. */
  readonly loopbackOnly?: boolean;
}

const nearness = { public: 0, private: 1, loopback: 2 } as const;

function list(v4: readonly string[], v6: readonly string[]): BlockList {
  const blocks = new BlockList();
  for (const [cidrs, family] of [
    [v4, 'ipv4'],
    [v6, 'ipv6'],
  ] as const) {
    for (const cidr of cidrs) {
      const [network = '', bits] = cidr.split('/');
      blocks.addSubnet(network, Number(bits), family);
    }
  }
  return blocks;
}

// The special-purpose registries of IANA (RFC 6890 and its successors), and metadata services outside of link-local.
const forbidden = list(
  ['169.254.0.0/16', '224.0.0.0/4', '240.0.0.0/4', '100.100.100.200/32', '192.0.0.192/32'],
  ['fe80::/10', 'ff00::/8', 'fd00:ec2::/32'],
);
const loopback = list(['127.0.0.0/8', '0.0.0.0/8'], ['::1/128', '::/128']);
const local = list(
  ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15', '192.0.0.0/24'],
  ['fc00::/7', 'fec0::/10'],
);

/** The eight groups of an IPv6 address. */
function groups(address: string): number[] {
  const text = address.replace(/%.*$/, '').replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) => {
    return `${((+a << 8) | +b).toString(16)}:${((+c << 8) | +d).toString(16)}`;
  });
  const [head = '', tail] = text.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(8 - front.length - back.length).fill('0');
  return [...front, ...zeros, ...back].map((group) => Number.parseInt(group, 16));
}

/** The IPv4 address that an IPv6 address stands for: mapped, translated (RFC 6052, RFC 8215) or 6to4 (RFC 3056). */
function embedded(address: string): string | undefined {
  const g = groups(address);
  const v4 = (high: number, low: number) => [high >> 8, high & 255, low >> 8, low & 255].join('.');
  const leadingZeros = g.slice(0, 5).every((group) => group === 0);
  if (leadingZeros && g[5] === 0xffff) return v4(g[6]!, g[7]!);
  if (leadingZeros && g[5] === 0 && (g[6] !== 0 || g[7]! > 1)) return v4(g[6]!, g[7]!);
  if (g[0] === 0x64 && g[1] === 0xff9b) return v4(g[6]!, g[7]!);
  if (g[0] === 0x2002) return v4(g[1]!, g[2]!);
  return undefined;
}

/** The kind of an IP address. */
export function addressKind(address: string): AddressKind {
  const v4 = isIPv4(address) ? address : embedded(address);
  const [text, family] = v4 === undefined ? [address.replace(/%.*$/, ''), 'ipv6' as const] : [v4, 'ipv4' as const];
  if (forbidden.check(text, family)) return 'forbidden';
  if (loopback.check(text, family)) return 'loopback';
  return local.check(text, family) ? 'private' : 'public';
}

/** The IP address that a URL's host name is; undefined for a name that must be looked up. */
export function literalAddress(hostname: string): string | undefined {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  return isIP(bare) === 0 ? undefined : bare;
}

/** Whether a URL's host name can mean nothing but this machine: `localhost`, names under it, and loopback addresses. */
export function isLoopbackName(hostname: string): boolean {
  const address = literalAddress(hostname);
  if (address !== undefined) return addressKind(address) === 'loopback' && !/^(0\.|::$)/.test(address);
  const name = hostname.toLowerCase().replace(/\.$/, '');
  return name === 'localhost' || name.endsWith('.localhost');
}

export function isAllowedAddress(address: string, policy: AddressPolicy): boolean {
  const kind = addressKind(address);
  if (kind === 'forbidden') return false;
  return policy.loopbackOnly ? kind === 'loopback' : nearness[kind] <= nearness[policy.nearest];
}

/** Of some addresses of one host, the kind that is farthest away: what the host may at most lead to. */
export function farthest(addresses: readonly string[]): Exclude<AddressKind, 'forbidden'> {
  const kinds = addresses.map(addressKind).filter((kind) => kind !== 'forbidden');
  return kinds.reduce((far, kind) => (nearness[kind] < nearness[far] ? kind : far), kinds[0] ?? 'public');
}
