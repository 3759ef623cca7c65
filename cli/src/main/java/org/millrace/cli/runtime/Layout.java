package org.millrace.cli.runtime;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/// Which process listens where. The names are those of [Components].
public record Layout(Map<String, Integer> ports) {

    public static final String BROKER = "broker";

    public Layout {
        ports = new LinkedHashMap<>(ports);
    }

    /// The documented ports: broker 9092, services 8101 to 8108.
    public static Layout standard() {
        Map<String, Integer> ports = new LinkedHashMap<>();
        ports.put(BROKER, 9092);
        ports.put("crawler", 8101);
        ports.put("cleaner", 8102);
        ports.put("tokenizer", 8103);
        ports.put("trainer", 8104);
        ports.put("reward", 8105);
        ports.put("rollout-0", 8106);
        ports.put("inference", 8107);
        ports.put("rollout-1", 8108);
        return new Layout(ports);
    }

    /// The same processes on ports that are free now, so that several systems can run side by side.
    /// Taken below the range that outgoing connections use: a service that is started again must find
    /// its port free.
    public static Layout free() throws IOException {
        Map<String, Integer> ports = new LinkedHashMap<>();
        Random random = new Random();
        for (String name : standard().ports.keySet()) {
            int port = 0;
            for (int attempt = 0; port == 0 && attempt < 1000; attempt++) {
                int candidate = random.nextInt(20_000, 32_000);
                if (!ports.containsValue(candidate) && isFree(candidate)) {
                    port = candidate;
                }
            }
            if (port == 0) {
                throw new IOException("no free port between 20000 and 32000 for " + name);
            }
            ports.put(name, port);
        }
        return new Layout(ports);
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException e) {
            return false; // taken: that is the answer
        }
    }

    public int port(String component) {
        Integer port = ports.get(component);
        if (port == null) {
            throw new IllegalArgumentException("component: expected one of " + ports.keySet() + ", got " + component);
        }
        return port;
    }

    /// Where a browser finds the chat page.
    public String page() {
        return "http://127.0.0.1:%d/".formatted(port("inference"));
    }

    public String bootstrapServers() {
        return "127.0.0.1:" + port(BROKER);
    }
}
