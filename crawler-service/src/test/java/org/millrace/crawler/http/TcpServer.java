package org.millrace.crawler.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.millrace.crawler.web.NormalUrl;

/// A server that says whatever bytes a test wants, and counts who connects and who is still there.
final class TcpServer implements AutoCloseable {

    private final ServerSocket server = new ServerSocket();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger open = new AtomicInteger();

    private TcpServer(InetAddress address, Talk talk) throws IOException {
        server.bind(new InetSocketAddress(address, 0), 200);
        Thread.ofVirtual().start(() -> {
            while (!server.isClosed()) {
                try {
                    Socket socket = server.accept();
                    accepted.incrementAndGet();
                    open.incrementAndGet();
                    Thread.ofVirtual().start(() -> serve(socket, talk));
                } catch (IOException e) {
                    return; // closed
                }
            }
        });
    }

    /// Talks on the loopback address.
    static TcpServer start(Talk talk) throws IOException {
        return new TcpServer(InetAddress.getLoopbackAddress(), talk);
    }

    /// Listens on every address of this machine, and answers nothing.
    static TcpServer everywhere() throws IOException {
        return new TcpServer(InetAddress.ofLiteral("::"), (_, _) -> {});
    }

    int port() {
        return server.getLocalPort();
    }

    NormalUrl url(String path) {
        return NormalUrl.of("http://127.0.0.1:%d%s".formatted(port(), path)).orElseThrow();
    }

    int accepted() {
        return accepted.get();
    }

    /// Connections that neither side has closed.
    int open() {
        return open.get();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    private void serve(Socket socket, Talk talk) {
        try (socket) {
            talk.with(socket.getInputStream(), socket.getOutputStream());
            while (socket.getInputStream().read() >= 0) {
                continue; // until the client goes
            }
        } catch (IOException e) {
            return; // the client went away, which is what the tests are about
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.decrementAndGet();
        }
    }

    /// The next request's path; null once the client has gone.
    static @Nullable String path(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        for (int b = in.read(); b >= 0; b = in.read()) {
            head.append((char) b);
            if (head.length() >= 4 && head.substring(head.length() - 4).equals("\r\n\r\n")) {
                return head.substring(0, head.indexOf("\r\n")).split(" ")[1];
            }
        }
        return null;
    }

    static void say(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(ISO_8859_1));
        out.flush();
    }

    interface Talk {

        /// One connection. It is closed by the client, or by an exception of this.
        void with(InputStream in, OutputStream out) throws IOException, InterruptedException;
    }
}
