package org.millrace.crawler.http;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import javax.net.SocketFactory;
import okhttp3.Dns;

/// Keeps connections on the public internet, so that no page can send the crawler to the machines
/// around it.
///
/// A name is looked up once: every address in the answer must be public, and the connection goes to
/// the addresses that were checked. Addresses written as numbers are no names, and OkHttp looks them up
/// nowhere; the socket checks those, and everything else once more.
final class AddressGuard extends SocketFactory implements Dns {

    @Override
    public List<InetAddress> lookup(String host) throws UnknownHostException {
        List<InetAddress> addresses = Dns.SYSTEM.lookup(host);
        for (InetAddress address : addresses) {
            if (!isPublic(address)) {
                throw new RefusedAddress(host, address);
            }
        }
        return addresses;
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
                && !(first == 0x3fff && second < 0x1000);
    }

    private static boolean isZero(byte[] octets, int from, int to) {
        for (int i = from; i < to; i++) {
            if (octets[i] != 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public Socket createSocket() {
        return new GuardedSocket();
    }

    // OkHttp connects sockets itself; these would bypass its time limits.

    @Override
    public Socket createSocket(String host, int port) {
        throw new UnsupportedOperationException("sockets are connected by the HTTP client");
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort) {
        throw new UnsupportedOperationException("sockets are connected by the HTTP client");
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw new UnsupportedOperationException("sockets are connected by the HTTP client");
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
        throw new UnsupportedOperationException("sockets are connected by the HTTP client");
    }

    private static final class GuardedSocket extends Socket {

        @Override
        public void connect(SocketAddress endpoint) throws IOException {
            connect(endpoint, 0);
        }

        @Override
        public void connect(SocketAddress endpoint, int timeout) throws IOException {
            if (!(endpoint instanceof InetSocketAddress socket)
                    || socket.getAddress() == null
                    || !isPublic(socket.getAddress())) {
                throw new RefusedAddress(String.valueOf(endpoint));
            }
            super.connect(endpoint, timeout);
        }
    }

    /// An address that the crawler must not connect to.
    static final class RefusedAddress extends UnknownHostException {

        private static final long serialVersionUID = 1;

        RefusedAddress(String host, InetAddress address) {
            this(host + " is " + address.getHostAddress());
        }

        RefusedAddress(String what) {
            super(what + ": refused, not a public address");
        }
    }
}
