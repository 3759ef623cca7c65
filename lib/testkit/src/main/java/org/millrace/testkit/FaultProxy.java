package org.millrace.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// A TCP proxy on 127.0.0.1 in front of another local port, whose network the test can break.
///
/// ```text
///   pass ◄──► stall   bytes wait; nothing is closed (a half-open connection)
///        ◄──► delay   each piece waits that long
///        ◄──► cut     connections are reset, new ones too
/// ```
public final class FaultProxy implements AutoCloseable {

    private enum Mode {
        PASS,
        STALL,
        CUT
    }

    private final ServerSocket server;
    private final int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private Mode mode = Mode.PASS;
    private Duration delay = Duration.ZERO;
    private boolean closed;

    private FaultProxy(ServerSocket server, int target) {
        this.server = server;
        this.target = target;
    }

    /// Starts to pass connections on to a port of 127.0.0.1.
    public static FaultProxy inFrontOf(int target) throws IOException {
        var server = new ServerSocket();
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        var proxy = new FaultProxy(server, target);
        Thread.ofVirtual().name("fault-proxy-" + target).start(proxy::accept);
        return proxy;
    }

    public int port() {
        return server.getLocalPort();
    }

    /// Everything flows again; what had been held goes first.
    public void pass() {
        set(Mode.PASS, Duration.ZERO);
    }

    /// Nothing flows, nothing is closed.
    public void stall() {
        set(Mode.STALL, Duration.ZERO);
    }

    /// Each piece of data, up to 16 KiB, waits before it goes on.
    public void delay(Duration wait) {
        set(Mode.PASS, wait);
    }

    /// Every connection is reset, and every new one, until [#pass].
    public void cut() {
        set(Mode.CUT, Duration.ZERO);
        sockets.forEach(FaultProxy::reset);
    }

    @Override
    public void close() throws IOException {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        server.close();
        sockets.forEach(FaultProxy::reset);
    }

    private void set(Mode mode, Duration delay) {
        lock.lock();
        try {
            this.mode = mode;
            this.delay = delay;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void accept() {
        while (true) {
            try {
                connect(server.accept());
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void connect(Socket client) {
        if (isCut()) {
            reset(client);
            return;
        }
        try {
            Socket upstream = new Socket(InetAddress.getLoopbackAddress(), target);
            sockets.add(client);
            sockets.add(upstream);
            Thread.ofVirtual().start(() -> pump(client, upstream));
            Thread.ofVirtual().start(() -> pump(upstream, client));
        } catch (IOException e) {
            reset(client); // what is behind is down, and looks so from here
        }
    }

    private void pump(Socket from, Socket to) {
        byte[] buffer = new byte[1 << 14];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                if (!mayPass()) {
                    return;
                }
                out.write(buffer, 0, n);
                out.flush();
            }
        } catch (IOException e) {
            // A broken connection is what this class is for; try-with-resources tells the other side.
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            sockets.remove(from);
            sockets.remove(to);
        }
    }

    /// Waits out a stall and the delay; false when the connection is to die instead.
    private boolean mayPass() throws InterruptedException {
        Duration wait;
        lock.lock();
        try {
            while (mode == Mode.STALL && !closed) {
                changed.await();
            }
            if (mode == Mode.CUT || closed) {
                return false;
            }
            wait = delay;
        } finally {
            lock.unlock();
        }
        Thread.sleep(wait);
        return true;
    }

    private boolean isCut() {
        lock.lock();
        try {
            return mode == Mode.CUT;
        } finally {
            lock.unlock();
        }
    }

    /// Linger 0 sends a reset instead of an orderly end.
    private static void reset(Socket socket) {
        try (socket) {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            return; // closed already
        }
    }
}
