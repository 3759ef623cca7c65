package org.millrace.crawler.http;

import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import javax.net.SocketFactory;

/// A connection that leads only where it may, and takes no more than an answer's worth of bytes for what
/// was said.
///
/// The second holds whatever the bytes are: a chunk size, a header block or a TLS handshake that never
/// ends would otherwise be collected in memory until the time is up, long before any limit of a body.
final class WireSocket extends Socket {

    private final Predicate<InetSocketAddress> allowed;
    private final LongSupplier answerBytes;

    /// Read since the last write.
    private final AtomicLong taken = new AtomicLong();

    /// Never through a proxy: it would look names up where no guard stands, and the JVM's system
    /// properties may name one for all sockets.
    private WireSocket(Predicate<InetSocketAddress> allowed, LongSupplier answerBytes) {
        super(Proxy.NO_PROXY);
        this.allowed = allowed;
        this.answerBytes = answerBytes;
    }

    /// @param allowed what may be connected to
    /// @param answerBytes most that may be read between two writes
    static SocketFactory factory(Predicate<InetSocketAddress> allowed, LongSupplier answerBytes) {
        return new Factory(allowed, answerBytes);
    }

    @Override
    public void connect(SocketAddress endpoint) throws IOException {
        connect(endpoint, 0);
    }

    @Override
    public void connect(SocketAddress endpoint, int timeout) throws IOException {
        if (!(endpoint instanceof InetSocketAddress target) || target.isUnresolved() || !allowed.test(target)) {
            throw new AddressGuard.RefusedAddress(endpoint + ": refused, not a public address, or no port of the web");
        }
        super.connect(endpoint, timeout);
    }

    @Override
    public InputStream getInputStream() throws IOException {
        return new FilterInputStream(super.getInputStream()) {
            @Override
            public int read() throws IOException {
                int octet = in.read();
                take(octet < 0 ? 0 : 1);
                return octet;
            }

            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
                return take(in.read(bytes, offset, length));
            }
        };
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        return new FilterOutputStream(super.getOutputStream()) {
            @Override
            public void write(int octet) throws IOException {
                taken.set(0);
                out.write(octet);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                taken.set(0);
                out.write(bytes, offset, length);
            }
        };
    }

    private int take(int count) throws IOException {
        if (count > 0 && taken.addAndGet(count) > answerBytes.getAsLong()) {
            throw new IOException(
                    "expected at most %d bytes in answer to a request, got more".formatted(answerBytes.getAsLong()));
        }
        return count;
    }

    private static final class Factory extends SocketFactory {

        private final Predicate<InetSocketAddress> allowed;
        private final LongSupplier answerBytes;

        Factory(Predicate<InetSocketAddress> allowed, LongSupplier answerBytes) {
            this.allowed = allowed;
            this.answerBytes = answerBytes;
        }

        @Override
        public Socket createSocket() {
            return new WireSocket(allowed, answerBytes);
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
    }
}
