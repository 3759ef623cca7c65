package org.millrace.crawler.http;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import okhttp3.Dns;

/// Keeps connections on the public internet, so that no page can send the crawler to the machines
/// around it.
///
/// A name is looked up once, for the connection itself: every address in the answer must be public, and
/// the connection goes to the addresses that were checked, whatever a second look-up would say.
/// Addresses written as numbers are no names, and OkHttp looks them up nowhere; [WireSocket] checks
/// those, and everything else once more.
final class AddressGuard implements Dns {

    /// Names that mean machines of one's own network, whatever address they have: special-use names
    /// (RFC 6761, 6762, 7686, 8375, ICANN's `.internal`) and what routers and clusters call themselves.
    private static final List<String> INSIDE = List.of(
            "localhost",
            "local",
            "internal",
            "localdomain",
            "home.arpa",
            "lan",
            "home",
            "corp",
            "intranet",
            "private",
            "test",
            "invalid",
            "onion");

    private final Dns names;

    /// @param names looks names up; its every answer is checked
    AddressGuard(Dns names) {
        this.names = names;
    }

    @Override
    public List<InetAddress> lookup(String host) throws UnknownHostException {
        if (isInside(host)) {
            throw new RefusedAddress(host + ": refused, a name of a private network");
        }
        List<InetAddress> addresses = names.lookup(host);
        for (InetAddress address : addresses) {
            if (!isPublic(address)) {
                throw new RefusedAddress(
                        "%s is %s: refused, not a public address".formatted(host, address.getHostAddress()));
            }
        }
        return addresses;
    }

    /// A name without a dot is completed by the search list of the machine: `redis`, `kubernetes.default`
    /// is `kubernetes.default.svc.cluster.local` inside a cluster; the last is refused by what it becomes,
    /// which is an address that is not public.
    private static boolean isInside(String host) {
        String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        return name.indexOf('.') < 0
                || INSIDE.stream().anyMatch(inside -> name.endsWith("." + inside) || name.equals(inside));
    }

    /// True for addresses that anybody may reach: none of loopback, private, link-local, carrier-grade
    /// NAT, documentation, benchmark, multicast and reserved ranges (IANA special-purpose registries),
    /// also when they are wrapped into IPv6.
    static boolean isPublic(InetAddress address) {
        return switch (address) {
            case Inet4Address ip -> isPublicIpv4(ip.getAddress());
            case Inet6Address ip -> isPublicIpv6(ip.getAddress());
            default -> false;
        };
    }

    private static boolean isPublicIpv4(byte[] octets) {
        int a = octets[0] & 0xff;
        int b = octets[1] & 0xff;
        int c = octets[2] & 0xff;
        return switch (a) {
            case 0, 10, 127 -> false;
            case 100 -> b < 64 || b > 127; // carrier-grade NAT
            case 168 -> !(b == 63 && c == 129 && octets[3] == 16); // a cloud's host, seen from its guests
            case 169 -> b != 254; // link-local, where clouds keep their metadata
            case 172 -> b < 16 || b > 31;
            case 192 -> !(b == 0 && (c == 0 || c == 2)) && !(b == 88 && c == 99) && b != 168;
            case 198 -> b != 18 && b != 19 && !(b == 51 && c == 100);
            case 203 -> !(b == 0 && c == 113);
            default -> a < 224;
        };
    }

    private static boolean isPublicIpv6(byte[] octets) {
        int first = (octets[0] & 0xff) << 8 | octets[1] & 0xff;
        int second = (octets[2] & 0xff) << 8 | octets[3] & 0xff;
        if (first == 0x0064 && second == 0xff9b) {
            return isZero(octets, 4, 12) && isPublicIpv4(Arrays.copyOfRange(octets, 12, 16)); // NAT64
        }
        if (first == 0x2002) {
            return isPublicIpv4(Arrays.copyOfRange(octets, 2, 6)); // 6to4
        }
        // Global unicast is 2000::/3; of it, 2001::/23 is for protocols (Teredo among them), 2001:db8::/32
        // and 3fff::/20 are for documentation. IPv4-mapped addresses arrive as Inet4Address.
        return (first & 0xe000) == 0x2000
                && !(first == 0x2001 && (second < 0x0200 || second == 0x0db8))
                && !(first == 0x3fff && second < 0x1000)
                && !isIsatap(octets);
    }

    /// An interface identifier that holds an IPv4 address (RFC 5214): a tunnel's end would unwrap it.
    private static boolean isIsatap(byte[] octets) {
        boolean marked = (octets[8] & 0xfd) == 0 && octets[9] == 0 && octets[10] == 0x5e && (octets[11] & 0xff) == 0xfe;
        return marked && !isPublicIpv4(Arrays.copyOfRange(octets, 12, 16));
    }

    private static boolean isZero(byte[] octets, int from, int to) {
        for (int i = from; i < to; i++) {
            if (octets[i] != 0) {
                return false;
            }
        }
        return true;
    }

    /// An address that the crawler must not connect to.
    static final class RefusedAddress extends UnknownHostException {

        private static final long serialVersionUID = 2;

        RefusedAddress(String why) {
            super(why);
        }
    }
}
